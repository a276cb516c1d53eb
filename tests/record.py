"""记录一次运行：跑命令，取最后一行 RESULT，连同环境写进 `<章>/results/<名字>.json`，供笔记引用。

怎么跑（在仓库根目录）：
    python -m tests.record ResNet/digits -- python ResNet/train.py --seed 0
命令里的 `python` 换成当前的解释器。文件里没有主机名和绝对路径：`--data` 的值写成 DIR 或 FILE，`--out` 不记。
命令失败或没有 RESULT 时什么都不写。
"""

import datetime
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from book import Parser, UserError, atomic_write, environment, read_result, repository_root, run

DATA_OPTIONS = ("--data",)
DROPPED_OPTIONS = ("--out",)
DROPPED_FLAGS = ("--resume",)  # 续训与不中断的结果逐位相同，读者重做时不需要它


def split_argv(argv: list[str]) -> tuple[list[str], list[str]]:
    """`--` 之前是本命令的参数，之后是要跑的命令。"""
    place = argv.index("--") if "--" in argv else len(argv)
    return argv[:place], argv[place + 1 :]


def result_file(name: str, root: Path) -> Path:
    """`ResNet/digits` -> ResNet/results/digits.json；子目录里的章节写 `CS336/Tokenization/bpe`。"""
    chapter, _, stem = name.rpartition("/")
    if not re.fullmatch(r"[\w.-]+", stem) or not re.fullmatch(r"[\w/]+", chapter) or not (root / chapter).is_dir():
        raise UserError(f"收到名字 {name}，需要“章/名字”，章是已有的目录；例如 ResNet/digits")
    return root / chapter / "results" / f"{stem}.json"


def execute(command: list[str], root: Path) -> str:
    """跑命令，边跑边显示，返回它的标准输出；失败抛 UserError。"""
    program = [sys.executable] if is_python(command[0]) else [command[0]]
    output = []
    try:
        process = subprocess.Popen(
            [*program, *command[1:]],
            cwd=root,
            env={**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise UserError(f"跑不了 {command[0]}（{error.strerror}）；命令写成 python 脚本 选项...") from None
    with process:
        for line in process.stdout:
            print(line, end="", flush=True)
            output.append(line)
    if process.returncode != 0:
        raise UserError(f"命令以退出码 {process.returncode} 结束，没有写记录；先让它跑通")
    return "".join(output)


def is_python(word: str) -> bool:
    """这个词是不是一个 Python 解释器（python、python3.11、.venv/bin/python、python.exe）。"""
    return re.fullmatch(r"python[\d.]*(\.exe)?", re.split(r"[/\\]", word)[-1]) is not None


def normalise(command: list[str], root: Path) -> str:
    """记进文件的命令：`python` 开头，数据目录写 DIR，没有 --out，仓库里的绝对路径变相对。

    >>> normalise(["/usr/bin/python3", "a.py", "--data", "pictures.zip", "--out=x", "--seed", "1"], Path("."))
    'python a.py --data FILE --seed 1'
    """
    words = ["python" if is_python(command[0]) else command[0]]
    pending = iter(command[1:])
    for word in pending:
        option, equals, value = word.partition("=")
        if option in (*DATA_OPTIONS, *DROPPED_OPTIONS):
            value = value if equals else next(pending, "")
            if option in DATA_OPTIONS:
                words += [option, "FILE" if (root / value).is_file() or Path(value).suffix else "DIR"]
        elif word not in DROPPED_FLAGS:
            words.append(relative_path(word, root, "命令"))
    return shlex.join(words)


def relative_path(text: str, root: Path, where: str) -> str:
    """仓库里的绝对路径变成相对的；指向仓库之外就抛 UserError；不是路径的原样返回。"""
    value = text.rpartition("=")[2]
    if os.path.isabs(value) and Path(value).resolve().is_relative_to(root.resolve()):
        return text.removesuffix(value) + Path(value).resolve().relative_to(root.resolve()).as_posix()
    if (os.path.isabs(value) and len(value) > 1) or ".." in Path(value).parts:
        raise UserError(f"{where}里有仓库之外的路径 {value}，不能写进记录；用仓库里的路径，数据用 --data")
    return text


def clean(value, root: Path):
    """metrics 里的绝对路径全部变成相对于仓库的。"""
    if isinstance(value, dict):
        return {key: clean(item, root) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item, root) for item in value]
    return relative_path(value, root, "RESULT ") if isinstance(value, str) else value


def seed_of(command: list[str], metrics: dict) -> int:
    """RESULT 里的 seed，否则命令里的 --seed，否则脚本的默认值 0。"""
    found = re.search(r"--seed[ =](\d+)", " ".join(command))
    return metrics.get("seed", int(found.group(1)) if found else 0)


def main(argv=None) -> None:
    ours, command = split_argv(sys.argv[1:] if argv is None else list(argv))
    parser = Parser(__doc__, usage="python -m tests.record [-h] NAME -- COMMAND...")
    parser.add_argument("name", metavar="NAME", help="章/名字，例如 ResNet/digits")
    name = parser.parse_args(ours).name
    if not command:
        raise UserError("缺少要跑的命令；写成 python -m tests.record 章/名字 -- python 脚本 选项...")
    root = repository_root()
    path, shown = result_file(name, root), normalise(command, root)
    output = execute(command, root)
    try:
        metrics = read_result(output)
    except ValueError as error:
        raise UserError(f"{shown} 的 RESULT 行不是 JSON（{error}），没有写记录；用 book.emit_result 打印它") from None
    if metrics is None:
        raise UserError(f"{shown} 没有打印 RESULT 行，没有写记录；脚本的最后一行应当是 RESULT {{json}}")
    record = {
        "command": shown,
        "seed": seed_of(command, metrics),
        "date": datetime.date.today().isoformat(),
        "environment": environment(),
        "metrics": clean(metrics, root),
    }
    atomic_write(path, (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode())
    print(f"已写 {path.relative_to(root).as_posix()}")


if __name__ == "__main__":
    run(main)
