"""走完全书：依次跑每章 tour.toml 里的命令，核对关键数字，最后给一张表。

怎么跑：
    make tour                            全书（不到 10 分钟）
    python -m tests.tour ResNet          只跑一章
    python -m tests.tour --figures       改为重画笔记里的图（tour.toml 的 [figures]）
    python -m tests.tour --bench         改为依次跑各章的 bench.py
每条命令的完整输出在 outputs/tour/；有一条失败，退出码就是 1。
"""

import os
import subprocess
import sys
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from book import Parser, UserError, read_result, repository_root, run

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# 路线图的次序；还没写的章没有目录，自动跳过
CHAPTERS = ("ResNet", "Transformer", "LangChain", "CS336", "TrainAndFinetune", "RAG", "Agent")
LIMIT = 900  # 一条命令最多跑几秒：正常的不到 60 秒，到了这里就是卡住了


@dataclass(frozen=True)
class Outcome:
    """一条命令跑下来的结果；problem 为空就是通过。"""

    chapter: str
    title: str
    number: str  # 关键数字与它应在的范围
    seconds: float
    problem: str
    log: Path
    figures: tuple[str, ...]


def find_chapters(root: Path, wanted=()) -> list[Path]:
    """按路线图次序列出有 tour.toml 的章。"""
    unknown = [name for name in wanted if not (root / name / "tour.toml").is_file()]
    if unknown:
        raise UserError(f"没有 {'、'.join(unknown)} 这一章，或它还没有 tour.toml；可选 {'、'.join(CHAPTERS)}")
    return [
        root / name for name in CHAPTERS if (root / name / "tour.toml").is_file() and (not wanted or name in wanted)
    ]


def read_tour(chapter: Path) -> dict:
    """读一章的 tour.toml。"""
    return tomllib.loads((chapter / "tour.toml").read_text(encoding="utf-8"))


def execute(argv: list[str], root: Path, log: Path) -> int:
    """跑一个脚本，输出写进 log；终端里显示已用的秒数。卡住超过 LIMIT 秒就结束它。"""
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "MPLBACKEND": "Agg"}
    start = time.monotonic()
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [sys.executable, *argv], cwd=root, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
        try:
            while process.poll() is None and time.monotonic() - start < LIMIT:
                if sys.stdout.isatty():
                    print(f"\r      {time.monotonic() - start:4.0f} 秒", end="\r", flush=True)
                time.sleep(0.1)
        finally:
            if process.poll() is None:  # 超时，或者你按了 Ctrl-C
                process.kill()
        return process.wait()


def judge(output: str, status: int, key: str, low: float, high: float) -> tuple[str, str]:
    """(关键数字, 问题)：退出码要是 0，RESULT 里的 key 要在 [low, high] 里。

    >>> judge('RESULT {"test_acc": 0.5}', 0, "test_acc", 0.9, 1.0)
    ('test_acc = 0.5  [0.9, 1]', 'test_acc 不在范围里')
    >>> judge('RESULT {"rows": [{"right": 3}]}', 0, "rows.0.right", 3, 3)
    ('rows.0.right = 3  [3, 3]', '')
    """
    if status != 0:
        last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "没有输出")
        return "", f"退出码 {status}：{last}"
    try:
        value = read_result(output)
        for part in key.split("."):
            value = value[int(part) if isinstance(value, list) else part]
        number = f"{key} = {value:.7g}".removesuffix(".0") if isinstance(value, float) else f"{key} = {value}"
        number += f"  [{low:.9g}, {high:.9g}]"
        return number, "" if low <= value <= high else f"{key} 不在范围里"
    except (TypeError, KeyError, IndexError, ValueError):
        return "", f"输出里没有 RESULT，或 RESULT 里没有数字 {key}"


def run_command(chapter: Path, command: dict, log: Path) -> Outcome:
    """跑 tour.toml 里的一条命令：数字在范围里、图都是这次画的，才算通过。"""
    root, wall, start = chapter.parent, time.time(), time.monotonic()
    status = execute(command["argv"], root, log)
    seconds = time.monotonic() - start
    output = log.read_text(encoding="utf-8", errors="replace")
    number, problem = judge(output, status, command["key"], *command["range"])
    # 减 2 秒：有的文件系统的修改时间只精确到 2 秒
    stale = [f for f in command["figures"] if not (root / f).is_file() or (root / f).stat().st_mtime < wall - 2]
    if stale and not problem:
        problem = f"没有画出 {'、'.join(stale)}"
    return Outcome(chapter.name, command["title"], number, seconds, problem, log, tuple(command["figures"]))


def width(text: str) -> int:
    """终端里占几列：全角字占两列。

    >>> width("秒 s")
    4
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def format_table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """按显示宽度对齐的表。

    >>> print(format_table(("章", "秒"), [("ResNet", "12")]))
    章      秒
    ------  --
    ResNet  12
    """
    columns = [max(map(width, column)) for column in zip(header, *rows)]
    lines = [header, tuple("-" * n for n in columns), *rows]
    padded = ("  ".join(cell + " " * (n - width(cell)) for cell, n in zip(line, columns)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def report(outcomes: list[Outcome], root: Path) -> str:
    """最后的表，以及每个失败的原因与日志。"""
    header = ("章", "跑了什么", "关键数字  [应在的范围]", "秒", "结果", "图在哪")
    rows = [
        (o.chapter, o.title, o.number or "-", f"{o.seconds:.1f}", "失败" if o.problem else "通过", " ".join(o.figures))
        for o in outcomes
    ]
    lines = ["", format_table(header, rows), ""]
    failed = [o for o in outcomes if o.problem]
    lines += [f"失败：{o.title}：{o.problem}；完整输出在 {o.log.relative_to(root).as_posix()}" for o in failed]
    total = sum(o.seconds for o in outcomes)
    lines.append(f"{len(outcomes) - len(failed)} 条通过，{len(failed)} 条失败，共 {total:.0f} 秒")
    return "\n".join(lines)


def tour(chapters: list[Path], root: Path) -> list[Outcome]:
    """跑完这些章的全部命令。"""
    todo = [(chapter, i, c) for chapter in chapters for i, c in enumerate(read_tour(chapter)["command"], start=1)]
    outcomes = []
    for n, (chapter, i, command) in enumerate(todo, start=1):
        line = f"[{n}/{len(todo)}] {command['title']}：python {' '.join(command['argv'])}"
        print(f"{line}（约 {command['seconds']} 秒）", flush=True)
        outcomes.append(run_command(chapter, command, root / "outputs" / "tour" / f"{chapter.name}_{i}.log"))
        print(f"      {outcomes[-1].problem or '通过'}  {outcomes[-1].seconds:.1f} 秒", flush=True)
    return outcomes


def run_each(commands: list[list[str]], root: Path) -> list[str]:
    """依次跑，输出直接给你看；返回失败的命令。"""
    failed = []
    for argv in commands:
        print(f"$ python {' '.join(argv)}", flush=True)
        if subprocess.run([sys.executable, *argv], cwd=root).returncode != 0:
            failed.append(f"python {' '.join(argv)}")
    return failed


def main(argv=None, root: Path | None = None) -> None:
    parser = Parser(__doc__)
    parser.add_argument("chapters", nargs="*", metavar="章", help="章的目录名，默认全部")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--figures", action="store_true", help="改为重画笔记里的图")
    mode.add_argument("--bench", action="store_true", help="改为依次跑各章的 bench.py")
    args = parser.parse_args(argv)
    root = root or repository_root()
    chapters = find_chapters(root, args.chapters)
    if args.figures or args.bench:
        drawn = [
            command for chapter in chapters for command in read_tour(chapter).get("figures", {}).get("commands", [])
        ]
        timed = [[f"{chapter.name}/bench.py"] for chapter in chapters if (chapter / "bench.py").is_file()]
        failed = run_each(drawn if args.figures else timed, root)
        print("\n".join(f"失败：{command}" for command in failed) or "全部完成")
    else:
        outcomes = tour(chapters, root)
        print(report(outcomes, root))
        failed = [outcome for outcome in outcomes if outcome.problem]
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    run(main)
