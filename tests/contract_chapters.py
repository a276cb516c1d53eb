"""每章都要守的约定，看整个目录才能查的那些：文件大小、机器上的路径、习题的文件、tour.toml。"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from book import repository_root
from tests.contracts import CHINESE, find_sources, parse
from tests.note_shell import check_result, check_script

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST_FILE = 2 * 2**20
LARGEST_WEIGHTS = 16 * 2**20  # 第 5 章随书带的小解码器与助手的适配器
WEIGHTS = (".safetensors", ".gguf")
TEXT_SUFFIXES = (".py", ".json", ".toml", ".csv", ".txt")
# 主目录，以及这个仓库所在的位置
MACHINE_PATH = re.compile(rf"(?<![\w.])/(?:home|root|Users)/\w+|[A-Z]:\\Users\\|{re.escape(str(repository_root()))}\b")
TOUR_KEYS = {"title": str, "argv": list, "seconds": (int, float), "key": str, "range": list, "figures": list}
MOST_COMMANDS, MOST_SECONDS = 3, 75


def files_are_small(folder: Path) -> list[str]:
    """章里的文件都不超过 2 MB；权重不超过 16 MB。"""
    sizes = [(path, path.stat().st_size) for path in sorted(folder.rglob("*")) if path.is_file()]
    limits = [(path, size, LARGEST_WEIGHTS if path.suffix in WEIGHTS else LARGEST_FILE) for path, size in sizes]
    large = [(path, size, limit) for path, size, limit in limits if size > limit]
    return [f"{path.name} 有 {size / 2**20:.1f} MB，上限 {limit // 2**20} MB" for path, size, limit in large]


def no_machine_paths(folder: Path) -> list[str]:
    """源码、记录、配置里没有某台机器上的路径。"""
    texts = (path for path in sorted(folder.rglob("*")) if path.suffix in TEXT_SUFFIXES)
    found = [(path.name, MACHINE_PATH.search(path.read_text(encoding="utf-8"))) for path in texts]
    return [f"{name} 里有某台机器上的路径 {match.group()}" for name, match in found if match]


def exercises_are_complete(chapter: Path) -> list[str]:
    """每道题的文件齐全：题目、检查、答案，至少 3 个带 HINT 的错误样本（内容由 exercise_contract.py 查）。"""
    folder = chapter / "exercises"
    if not folder.is_dir():
        return ["没有 exercises/"]
    problems: list[str] = []
    numbers = {m.group() for path in find_sources(folder) for m in [re.search(r"ex\d\d", path.stem)] if m}
    for number in sorted(numbers):
        problems += [f"{number}：{problem}" for problem in exercise_problems(folder, number)]
    return problems or ([] if numbers else ["没有习题"])


def exercise_problems(folder: Path, number: str) -> Iterator[str]:
    """一道题缺什么。"""
    stubs = sorted(folder.glob(f"{number}_*.py"))
    check = folder / f"check_{number}.py"
    if len(stubs) != 1:
        yield f"应当恰有一个 exercises/{number}_*.py，有 {len(stubs)} 个"
    for stub in stubs:
        if not (folder / "solutions" / stub.name).is_file():
            yield f"没有 exercises/solutions/{stub.name}"
    if not check.is_file():
        yield f"没有 exercises/{check.name}"
    elif not any(ast.unparse(node) == "ex = load_exercise(__file__)" for node in parse(check).body):
        yield f"{check.name} 里没有 ex = load_exercise(__file__)"
    mistakes = sorted((folder / "mistakes").glob(f"{number}_*.py"))
    if len(mistakes) < 3:
        yield f"错误样本有 {len(mistakes)} 个，至少 3 个"
    for path in mistakes:
        if not CHINESE.search(hint_of(path)):
            yield f"{path.name} 里没有中文的 HINT"


def hint_of(path: Path) -> str:
    """错误样本里 HINT = "..." 的值；没有就是空串。"""
    for node in parse(path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "HINT":
            return node.value.value if isinstance(node.value, ast.Constant) else ""
    return ""


def tour_is_valid(chapter: Path) -> list[str]:
    """tour.toml：至多 3 条命令、共 75 秒；每条有标题、脚本、RESULT 的键与允许的范围、图。"""
    path = chapter / "tour.toml"
    if not path.is_file():
        return ["没有 tour.toml"]
    try:
        tour = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        return [f"tour.toml 读不出来：{error}"]
    commands, drawings = tour.get("command", []), tour.get("figures", {}).get("commands", [])
    problems = [] if commands else ["tour.toml 里没有命令"]
    if len(commands) > MOST_COMMANDS:
        problems.append(f"tour.toml 有 {len(commands)} 条命令，上限 {MOST_COMMANDS}")
    seconds = sum(command.get("seconds", 0) for command in commands)
    if seconds > MOST_SECONDS:
        problems.append(f"tour.toml 共 {seconds} 秒，上限 {MOST_SECONDS}")
    problems += [problem for argv in drawings for problem in check_script(argv[0], argv[1:], chapter.parent)]
    return problems + [problem for command in commands for problem in tour_problems(command, chapter.parent)]


def tour_problems(command: dict, root: Path) -> Iterator[str]:
    """一条命令的问题；选项与 RESULT 的键靠读源码检查，不必运行。"""
    wrong = [key for key, kind in TOUR_KEYS.items() if not isinstance(command.get(key), kind)]
    if wrong:
        yield f"缺 {'、'.join(wrong)}，或类型不对"
        return
    script = command["argv"][0]
    yield from check_script(script, command["argv"][1:], root)
    yield from check_result(json.dumps({command["key"].split(".")[0]: 0}), root / script, root)
    if len(command["range"]) != 2 or not command["range"][0] <= command["range"][1]:
        yield f"range 应当是 [下限, 上限]，收到 {command['range']}"
