"""习题的规矩（design 第 5 节）：`problems(exercise)` 在本进程里跑完一道题的全部检查，逐条列出不合规矩的地方。

一章的测试只要对 `find_exercises("ResNet")` 的每一项断言 `problems(exercise) == []`，
再断言 `chapter_problems("ResNet") == []`。
"""

import ast
import contextlib
import doctest
import importlib.util
import inspect
import itertools
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from book import repository_root

LEVELS = ("手算", "补全", "扩展")
UNWRITTEN = "还没写："
COUNTER = itertools.count()


@dataclass(frozen=True)
class Exercise:
    """一道题的四样东西：题、检查、答案、错误样本；name 例如 ex01_broadcasting。"""

    folder: Path
    name: str

    @property
    def number(self) -> str:
        return self.name.split("_")[0]

    @property
    def stub(self) -> Path:
        return self.folder / f"{self.name}.py"

    @property
    def check(self) -> Path:
        return self.folder / f"check_{self.number}.py"

    @property
    def solution(self) -> Path:
        return self.folder / "solutions" / f"{self.name}.py"

    @property
    def mistakes(self) -> list[Path]:
        return sorted((self.folder / "mistakes").glob(f"{self.number}_*.py"))


def find_exercises(chapter: str | Path) -> list[Exercise]:
    """一章的全部习题，按编号排。chapter 是相对仓库根目录的文件夹，也可以是绝对路径。"""
    folder = repository_root() / chapter / "exercises"
    return [Exercise(folder, path.stem) for path in sorted(folder.glob("ex[0-9][0-9]_*.py"))]


def load_module(path: Path) -> ModuleType:
    """每次都新建一个模块：检查文件随 EXERCISE_TARGET 变，不能用缓存。"""
    spec = importlib.util.spec_from_file_location(f"{path.stem}_{next(COUNTER)}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def exercise_target(path: Path | None) -> Iterator[None]:
    """临时让 `load_exercise` 加载 path；None 表示题目自己。"""
    before = os.environ.pop("EXERCISE_TARGET", None)
    if path is not None:
        os.environ["EXERCISE_TARGET"] = str(path)
    try:
        yield
    finally:
        os.environ.pop("EXERCISE_TARGET", None)
        if before is not None:
            os.environ["EXERCISE_TARGET"] = before


def run_checks(check: Path, target: Path | None = None) -> dict[str, str | None]:
    """依次跑检查文件里的 test_ 函数，返回 {函数名: 失败的话}，通过的是 None。"""
    with exercise_target(target):
        module = load_module(check)
        tests = {name: value for name, value in vars(module).items() if name.startswith("test_")}
        return {name: failure_of(function) for name, function in tests.items()}


def failure_of(function) -> str | None:
    """跑一条检查；没有通过就返回它的话，别的异常带上类型名。"""
    try:
        function()
    except (pytest.fail.Exception, AssertionError) as failure:
        return str(failure) or "没有说明的断言"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def failures(check: Path, target: Path) -> dict[str, str]:
    """`run_checks` 里没有通过的那些。"""
    return {name: message for name, message in run_checks(check, target).items() if message is not None}


# ---------------------------------------------------------------- 每条规矩一个函数，逐个给出问题


def solution_passes(exercise: Exercise) -> Iterator[str]:
    """答案通过全部检查。"""
    for name, message in failures(exercise.check, exercise.solution).items():
        yield f"答案没有通过 {name}：{message}"


def stub_is_unwritten(exercise: Exercise) -> Iterator[str]:
    """题目还没写：每条检查都以一行「还没写」结束。你正在做的题（git 看得出改过）不算。"""
    if is_edited(exercise.stub):
        return
    for name, message in run_checks(exercise.check, exercise.stub).items():
        if message is None or not message.startswith(UNWRITTEN) or "\n" in message:
            yield f"题目还空着，{name} 应当只说「{UNWRITTEN}函数名」，却是：{message or '通过'}"


def mistakes_get_their_hint(exercise: Exercise) -> Iterator[str]:
    """至少三个错误样本；每个在第一条失败的检查里就听到自己的 HINT，每条检查都抓得到某个样本。"""
    if len(exercise.mistakes) < 3:
        yield f"错误样本只有 {len(exercise.mistakes)} 个，至少 3 个"
    caught = set()
    for mistake in exercise.mistakes:
        hint = getattr(load_module(mistake), "HINT", "")
        failed = failures(exercise.check, mistake)
        caught |= failed.keys()
        first = next(iter(failed.values()), "全部通过")
        if not hint or hint not in first:
            yield f"{mistake.name} 的第一条失败里应当有 HINT {hint!r}，却是：{first}"
    for name in run_checks(exercise.check, exercise.solution).keys() - caught:
        yield f"没有一个错误样本能让 {name} 失败：它也许什么都没检查"


def doctests_hold(exercise: Exercise) -> Iterator[str]:
    """题目 docstring 里的例子对答案成立。"""
    stub, solution = load_module(exercise.stub), load_module(exercise.solution)
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    for test in doctest.DocTestFinder(exclude_empty=True).find(stub, exercise.name, globs=dict(vars(solution))):
        lines: list[str] = []
        if runner.run(test, out=lines.append).failed:
            yield f"{test.name} 的例子对答案不成立：{''.join(lines)}"


def stub_explains_itself(exercise: Exercise) -> Iterator[str]:
    """题目有级别、笔记、类型、例子，参数与答案相同。"""
    text = exercise.stub.read_text(encoding="utf-8")
    heading = ast.get_docstring(ast.parse(text)) or ""
    if not any(f"级别：{level}" in heading for level in LEVELS):
        yield f"模块 docstring 要有一行「级别：」，取自 {'、'.join(LEVELS)}"
    for note in re.findall(r"先读：`([^`]+)`", heading) or ["（没有写）"]:
        if not re.fullmatch(r"\w+\.md", note):
            yield f"模块 docstring 要有一行「先读：`笔记.md`」，写的是 {note}"
    if "raise NotImplementedError" not in text and not is_edited(exercise.stub):
        yield "题目里没有 raise NotImplementedError：没有东西要写"
    yield from interface_problems(load_module(exercise.stub), load_module(exercise.solution))


def interface_problems(stub: ModuleType, solution: ModuleType) -> Iterator[str]:
    """题目里的每个公开函数与类：有例子、有类型，答案里有同名同参数的一个。"""
    for name, value in vars(stub).items():
        if name.startswith("_") or getattr(value, "__module__", None) != stub.__name__ or not callable(value):
            continue
        if ">>>" not in (value.__doc__ or ""):
            yield f"{name} 的 docstring 里没有例子（>>>）"
        functions = {name: value} if inspect.isfunction(value) else {
            f"{name}.{k}": v for k, v in vars(value).items() if inspect.isfunction(v)
        }  # fmt: skip
        for path, function in functions.items():
            yield from signature_problems(path, function, solution)


def signature_problems(path: str, function, solution: ModuleType) -> Iterator[str]:
    """一个函数的参数与答案里的同名，公开参数都写了类型。"""
    other = solution
    for part in path.split("."):
        other = getattr(other, part, None)
    parameters = inspect.signature(function).parameters
    if other is None or list(inspect.signature(other).parameters) != list(parameters):
        yield f"答案里的 {path} 与题目的参数不同"
    for parameter in parameters.values():
        if parameter.name != "self" and parameter.annotation is parameter.empty:
            yield f"{path} 的参数 {parameter.name} 没有写类型"


def is_edited(stub: Path) -> bool:
    """题目与版本库里的不同（或不在版本库里）：有人正在做。"""
    command = ["git", "status", "--porcelain", "--", stub.name]
    try:
        done = subprocess.run(command, cwd=stub.parent, capture_output=True, text=True)
    except FileNotFoundError:  # 没有装 git
        return True
    return done.returncode != 0 or bool(done.stdout.strip())


RULES = (solution_passes, stub_is_unwritten, mistakes_get_their_hint, doctests_hold, stub_explains_itself)


def problems(exercise: Exercise) -> list[str]:
    """一道题不合规矩的地方；空列表就是合格。"""
    missing = [path.name for path in (exercise.check, exercise.solution) if not path.is_file()]
    if missing:
        return [f"缺文件：{'、'.join(missing)}"]
    return [f"{exercise.name}：{problem}" for rule in RULES for problem in rule(exercise)]


def chapter_problems(chapter: str | Path) -> list[str]:
    """一章习题的整体：README 列出每道题与级别；没有找不到题目的检查、答案或错误样本。"""
    exercises = find_exercises(chapter)
    folder = repository_root() / chapter / "exercises"
    readme = (folder / "README.md").read_text(encoding="utf-8") if (folder / "README.md").is_file() else ""
    found = [f"README.md 没有列出 {e.stub.name}" for e in exercises if f"({e.stub.name})" not in readme]
    known = {path for e in exercises for path in (e.stub, e.check, e.solution, *e.mistakes)}
    orphans = sorted(set(folder.rglob("*.py")) - known)
    return found + [f"{path.relative_to(folder)} 不属于任何一道题" for path in orphans]
