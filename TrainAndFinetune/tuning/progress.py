"""微调的进度：原子地存，读回去接着训，结果与不中断的逐位相同。

教什么：只存要训练的那些权重（adapter 的存档只有几百 KB）、优化器的矩、进度、设定、数据的指纹。
不教什么：文件怎样原子地写（`book`）；切开的张量怎样收齐（`parallel.py`）。
不是脚本，由 `finetune.py` 导入。对应笔记：`4_full.md`。
"""

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path

from book import CheckpointError, load_state, save_state
from TrainAndFinetune.tuning.chat import Example
from TrainAndFinetune.tuning.parallel import full_state, load_full_state, ranks
from TrainAndFinetune.tuning.settings import Settings

CHAPTER = "TrainAndFinetune"


@dataclass
class Progress:
    """训练走到哪里了。"""

    step: int = 0
    seconds: float = 0.0  # 花在训练步上的时间
    tokens: int = 0  # 过了模型的词元，不含填充
    loss_sum: float = 0.0  # 上次评估以来，答案词元的损失之和
    loss_tokens: int = 0
    history: list = field(default_factory=list)  # 每次评估一行


def fingerprint(examples: list[Example]) -> str:
    """数据的指纹：每个词元与标签。"""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(repr((example.ids, example.labels)).encode())
    return digest.hexdigest()[:16]


def fixed(settings: Settings) -> dict:
    """续训时不能变的设定；进程数与怎样并行可以变。"""
    values = asdict(settings)
    del values["parallel"]
    return values | {"options": [list(pair) for pair in settings.options]}


def save(path: Path, model, optimizer, settings: Settings, data: str, progress: Progress) -> None:
    """原子地存；几个进程时每个都要调用（要收齐），0 号写。"""
    weights, moments = full_state(model, optimizer)
    if ranks()[0]:
        return
    state = {"chapter": CHAPTER, "settings": fixed(settings), "data": data, "progress": asdict(progress)}
    try:
        save_state(path, state | {"weights": weights, "optimizer": moments})
    except OSError as error:
        rule = "旧的存档还在；腾出空间，同样的命令加 --resume 接着训"
        raise CheckpointError(f"写存档 {path} 失败（{error.strerror}）；{rule}") from None


def resume(path: Path, model, optimizer, settings: Settings, data: str) -> Progress:
    """装回来；设定或数据不同就报错，不猜。"""
    state = load_state(path)
    if state.get("chapter") != CHAPTER or "settings" not in state:
        raise CheckpointError(f"{path} 不是 finetune.py 存的；换一个 --out，或去掉 --resume 重新训练")
    for name, value in fixed(settings).items():
        if (was := state["settings"].get(name)) != value:
            rule = "续训要用同样的选项，想换就去掉 --resume 并换一个 --out"
            raise CheckpointError(f"{path} 训练时 {name}={was}，现在是 {value}；{rule}")
    if state["data"] != data:
        raise CheckpointError(f"{path} 训练时的数据与现在的不同；想换数据就去掉 --resume 并换一个 --out")
    load_full_state(model, optimizer, state["weights"], state["optimizer"])
    return Progress(**state["progress"])
