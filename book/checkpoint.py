"""原子检查点：写临时文件、落盘、改名。断电或 kill -9 之后，磁盘上要么是旧的要么是新的，没有半个。

格式是一个 safetensors 文件：张量放进张量区，其余（整数、浮点、字符串、列表、字典）以 JSON 放进元数据。
不用 pickle：加载一个 pickle 文件就是执行里面的代码。
"""

import json
import os
import signal
import threading
from contextlib import contextmanager
from pathlib import Path

from book.cli import UserError

REFERENCE = "__tensor__"


class CheckpointError(UserError):
    """检查点损坏、不是本书写的、或者与当前设置不符。"""


def atomic_write(path: Path, content: bytes) -> None:
    """把 content 写到 path：先写同目录的临时文件并 fsync，再改名（同一文件系统内改名是原子的）。"""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # 磁盘满、Ctrl-C：旧文件还在，半个新文件不留下
        temporary.unlink(missing_ok=True)
        raise


def _take_out_tensors(value, tensors: dict):
    """把嵌套结构里的张量换成 {"__tensor__": 编号}，张量本身放进 tensors。"""
    if hasattr(value, "detach"):
        name = str(len(tensors))
        # 复制：safetensors 不收共享内存的张量，也只收连续的（channels_last 的权重要先转回来）
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {REFERENCE: name}
    if isinstance(value, dict):
        # JSON 的键只能是字符串，optimizer.state_dict() 的键是整数：存成成对的列表
        return {"__dict__": [[key, _take_out_tensors(item, tensors)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_take_out_tensors(item, tensors) for item in value]
    return value


def _put_back_tensors(value, tensors: dict):
    if isinstance(value, dict) and REFERENCE in value:
        return tensors[value[REFERENCE]]
    if isinstance(value, dict):
        return {key: _put_back_tensors(item, tensors) for key, item in value["__dict__"]}
    if isinstance(value, list):
        return [_put_back_tensors(item, tensors) for item in value]
    return value


def save_state(path: Path, state: dict) -> None:
    """原子地存一个嵌套的 state（张量、数字、字符串、列表、字典；元组会变成列表）。"""
    from safetensors.torch import save

    tensors: dict = {}
    structure = _take_out_tensors(state, tensors)
    atomic_write(path, save(tensors, metadata={"book": json.dumps(structure, ensure_ascii=False)}))


def load_state(path: Path) -> dict:
    """读回 `save_state` 存的 state；文件缺失、损坏、来自别处都是 CheckpointError。"""
    from safetensors.torch import load

    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"找不到检查点 {path}；先训练一次，或检查路径")
    try:
        data = path.read_bytes()  # 一次读完：分两次打开，中间换成了新存档，头与张量就对不上
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        metadata, tensors = header.get("__metadata__", {}), load(data)
        state = _put_back_tensors(json.loads(metadata["book"]), tensors) if "book" in metadata else None
    except Exception as error:  # safetensors 的异常类型随版本变，任何读不出来都是同一个意思
        raise CheckpointError(f"检查点 {path} 读不出来（{error}）；文件坏了或不是 safetensors，换一个检查点") from None
    if state is None:
        raise CheckpointError(f"检查点 {path} 不是本书的训练脚本存的（元数据里没有 book）；换一个检查点")
    return state


@contextmanager
def interruptible():
    """`with interruptible() as stop`：Ctrl-C 与 SIGTERM 只让 stop.is_set() 变真，做完一步再停；半步时存下的是坏的。"""
    stop = threading.Event()
    previous = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
