"""习题做到哪了：对着你写的每一题跑它的检查，给一张表。

怎么跑：`make progress`，或 `python -m tests.progress`；`--root DIR` 换一个仓库（测试用）。
三种结果：通过；未做（碰到的只有“还没写”）；出错（写了，但有检查不过，或文件导入不了）。
"""

import contextlib
import io
import os
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from book import Parser, repository_root, run
from tests.tour import CHAPTERS, format_table

LIMIT = 60  # 一项检查最多跑几秒：循环忘了停也不会卡住整张表


@dataclass
class Exercise:
    """一题的战果。"""

    passed: int = 0
    unwritten: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        if self.problems:
            return "出错"
        return "未做" if self.unwritten or not self.passed else "通过"


class Collector:
    """pytest 插件：按检查文件收集结果。"""

    def __init__(self):
        self.exercises: dict[Path, Exercise] = {}

    def of(self, path: Path) -> Exercise:
        return self.exercises.setdefault(path.resolve(), Exercise())

    def pytest_exception_interact(self, node, report):
        if isinstance(report, pytest.CollectReport):  # 文件导入不了，一项都没跑
            self.of(node.path).problems.append(last_line(str(report.longrepr)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        with time_limit(LIMIT):
            return (yield)

    def pytest_runtest_makereport(self, item, call):
        exercise = self.of(item.path)
        if call.excinfo is None:
            exercise.passed += call.when == "call"
        elif call.excinfo.errisinstance(NotImplementedError) or str(call.excinfo.value).startswith("还没写"):
            exercise.unwritten += 1
        else:
            exercise.problems.append(f"{item.name}：{first_line(call.excinfo.exconly())}")


@contextlib.contextmanager
def time_limit(seconds: int):
    """超时抛 TimeoutError；没有 SIGALRM 的系统（Windows）不限时。"""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum, frame):
        raise TimeoutError(f"跑了 {seconds} 秒还没完，看看循环会不会停")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def first_line(text: str) -> str:
    """第一行，去掉 pytest 的 `Failed: ` 之类的前缀。

    >>> first_line("Failed: 忘了除以 N\\nassert ...")
    '忘了除以 N'
    """
    return text.strip().splitlines()[0].removeprefix("Failed: ") if text.strip() else ""


def last_line(text: str) -> str:
    """最后一个非空行：导入失败的回溯里，原因写在最后，pytest 在它前面加 `E   `。"""
    lines = [line for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("E ")] or lines or ["检查文件导入不了"]
    return causes[-1].removeprefix("E").strip()


def find_checks(root: Path) -> list[Path]:
    """按路线图的次序列出全部 check_exNN.py。"""
    return [path for name in CHAPTERS for path in sorted((root / name / "exercises").glob("check_ex*.py"))]


def grade(checks: list[Path]) -> dict[Path, Exercise]:
    """在一个进程里跑全部检查：导入 torch 要 3 秒，只付一次。"""
    collector = Collector()
    os.environ.pop("EXERCISE_TARGET", None)
    # importlib：各章都有 check_ex01.py，按文件名导入会互相顶掉
    options = ["--import-mode=importlib", "--continue-on-collection-errors", "-p", "no:cacheprovider", "--tb=short"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main([*options, *map(str, checks)], plugins=[collector])
    return {check: collector.of(check) for check in checks}


def report(results: dict[Path, Exercise], root: Path) -> str:
    """表，以及每道出错的题：第一个问题，和只跑这一题的命令。"""
    rows, details = [], []
    for check, exercise in results.items():
        stubs = sorted(check.parent.glob(f"{check.stem.removeprefix('check_')}_*.py"))
        total = exercise.passed + exercise.unwritten + len(exercise.problems)
        rows.append((check.parent.parent.name, stubs[0].stem if stubs else check.stem, exercise.state))
        rows[-1] += (f"{exercise.passed}/{total}",)
        if exercise.problems:
            command = f"pytest {check.relative_to(root).as_posix()}"
            details.append(f"{rows[-1][1]} 出错：{exercise.problems[0]}\n    单独跑：{command}")
    done = sum(exercise.state == "通过" for exercise in results.values())
    table = format_table(("章", "习题", "结果", "过了几项"), rows)
    return "\n".join([table, "", *details, f"{len(results)} 题，通过 {done} 题"])


def main(argv=None) -> None:
    parser = Parser(__doc__)
    parser.add_argument("--root", type=Path, default=repository_root(), metavar="DIR", help="仓库，默认这一个")
    args = parser.parse_args(argv)
    checks = find_checks(args.root.resolve())
    if checks:
        print(f"正在检查 {len(checks)} 道题 ...", flush=True)
        print(report(grade(checks), args.root.resolve()))
    else:
        print("还没有习题")


if __name__ == "__main__":
    run(main)
