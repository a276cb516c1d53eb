"""命令行：中文的 argparse、公共选项、一行中文报错。

每个脚本以 `run(main)` 启动；`main(argv=None)` 遇到用户的错误抛 `UserError`，`run` 把它变成一行中文和退出码 2。
"""

import argparse
import difflib
import hashlib
import os
import random
import re
import sys
from pathlib import Path

# argparse 的文案都经过模块里的 `_` 与 `ngettext`：换掉这两个名字，帮助与报错就是中文，不必重写排版
CHINESE = {
    "usage: ": "用法：",
    "options": "选项",
    "positional arguments": "参数",
    "show this help message and exit": "显示这段说明并退出",
    "unrecognized arguments: %s": "不认识的选项 %s",
    "the following arguments are required: %s": "缺少参数 %s",
    "argument %(argument_name)s: %(message)s": "选项 %(argument_name)s：%(message)s",
    "expected one argument": "后面要跟一个值",
    "expected at least one argument": "后面至少要跟一个值",
    "expected %s argument": "后面要跟 %s 个值",
    "not allowed with argument %s": "不能与 %s 同时用",
    "one of the arguments %s is required": "%s 里必须给一个",
    "invalid %(type)s value: %(value)r": "收到 %(value)r，需要 %(type)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "收到 %(value)r，可选 %(choices)s",
    "invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)": (
        "收到 %(value)r，是不是 %(closest)r？可选 %(choices)s"
    ),
    "ignored explicit argument %r": "不需要值，收到 %r",
}
argparse._ = lambda text: CHINESE.get(text, text)
argparse.ngettext = lambda one, many, n: CHINESE.get(one, one)


class UserError(Exception):
    """用户能自己改正的错误：一句话说清收到了什么、规则是什么、试试什么。"""


class Parser(argparse.ArgumentParser):
    """报错是中文一行、退出码 2 的 ArgumentParser；拼错选项时给出最像的那个。"""

    def __init__(self, description: str | None = None, **kwargs):
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        # 不许缩写：--epoch 悄悄当成 --epochs，以后加一个 --epoch-size 就会改变旧命令的含义
        super().__init__(description=description, allow_abbrev=False, **kwargs)

    def error(self, message: str):
        known = [s for action in self._actions for s in action.option_strings]
        unknown = [word.split("=")[0] for word in re.findall(r"--[\w-]+", message)] if "不认识" in message else []
        close = [m for word in unknown for m in difflib.get_close_matches(word, known, 1)]
        hint = f"；是不是 {close[0]}" if close else "；用 --help 看全部选项"
        raise UserError(message.replace("需要 int", "需要整数").replace("需要 float", "需要数") + hint)


def positive_int(text: str) -> int:
    """argparse 的 type：正整数。"""
    if not re.fullmatch(r"0*[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"收到 {text!r}，需要正整数")
    return int(text)


def repository_root() -> Path:
    """仓库根目录（`book/` 的上一层）。"""
    return Path(__file__).resolve().parent.parent


def common_options(parser: Parser, script: str) -> None:
    """加上全书脚本都有的 `--smoke --seed --device --out`。"""
    path = Path(script).resolve()
    out = repository_root() / "outputs" / path.parent.relative_to(repository_root()) / path.stem
    parser.add_argument("--smoke", action="store_true", help="10 秒内跑通全部环节，不看结果好坏（测试用）")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="随机种子，默认 0")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"], help="默认 auto：优先 GPU")
    parser.add_argument("--out", type=Path, default=out, metavar="DIR", help="输出目录，默认 %(default)s")


def output_dir(path: Path) -> Path:
    """建好输出目录并确认能写；不能写就抛 UserError。"""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".write-test-{os.getpid()}"  # torchrun 下几个进程同时来试
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise UserError(f"--out {path} 不能写（{error.strerror}）；换一个你有写权限的目录") from None
    return path


def pick_device(name: str):
    """把 --device 的值变成 torch.device；机器上没有就抛 UserError。"""
    import torch

    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(d for d in ("cuda", "mps", "cpu") if available[d])
    if not available[name]:
        raise UserError(f"--device {name}：这台机器上 torch 找不到 {name}；试试 --device cpu")
    return torch.device(name)


def seed_everything(seed: int) -> None:
    """固定 Python、NumPy、torch 的全局随机数。数据的随机性另用 torch.Generator，见 `seeded`。"""
    import numpy
    import torch

    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def seeded(*key):
    """由 key 决定的 torch.Generator：同样的 (seed, epoch, step) 总给出同样的随机数，续训不必存它的状态。"""
    import torch

    digest = hashlib.sha256(repr(key).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def has_fast_bf16(device) -> bool:
    """这块硬件有没有 bf16 指令。没有也能跑，但靠模拟：AVX2 的 CPU 上 ResNet-20 的一步从 0.46 秒变成 5.1 秒。"""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    onednn = device.type == "cpu" and torch.backends.mkldnn.is_available()
    return onednn and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def run(main) -> None:
    """脚本入口：UserError 变成 stderr 上的一行中文与退出码 2，Ctrl-C 是 130，别的异常照常带回溯。"""
    for stream in (sys.stdout, sys.stderr):  # Windows 的控制台默认不是 UTF-8，打印中文会抛 UnicodeEncodeError
        stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        main()
    except UserError as error:
        print("错误：" + " ".join(str(error).split()), file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # `| head` 先走了；退出时还要刷新 stdout，换掉它才不会再报一次
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt as interrupt:
        print(f"\n已中断。{interrupt}", file=sys.stderr)
        sys.exit(130)
