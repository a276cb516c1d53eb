"""每章都要守的约定，运行起来才能查的那些：导入没有副作用，命令行是中文的。"""

import argparse
import contextlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

from book import UserError
from tests.contracts import CHINESE, find_sources

COMMON_OPTIONS = {"--smoke", "--seed", "--device", "--out"}
TRAIN_OR_LAB = r"\d+_|train|bench"
IMPORT_ALL = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
for name in json.loads(sys.argv[2]):
    try:
        importlib.import_module(name)
    except BaseException as error:
        print(f"导入 {name} 抛出 {type(error).__name__}: {error}")
"""


def importing_does_nothing(chapter: Path, workdir: Path) -> list[str]:
    """一个子进程导入一章的全部模块：没有输出，没有新文件（下载由离线守卫挡住，会变成异常）。"""
    sources = [path for path in find_sources(chapter) if not path.name.startswith("check_")]
    names = [".".join(path.relative_to(chapter.parent).with_suffix("").parts) for path in sources]
    before = listing(chapter)
    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_ALL, str(chapter.parent), json.dumps(names)],
        cwd=workdir,
        env={**os.environ, "TORCH_HOME": str(workdir), "LLM_BOOK_CACHE": str(workdir)},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    problems = [line for line in done.stdout.splitlines() if line]
    if done.returncode != 0:
        problems.append(f"导入的进程意外结束：{done.stderr[-200:]}")
    return problems + [f"导入时写了文件 {name}" for name in sorted(listing(workdir) | listing(chapter) - before)]


def listing(folder: Path) -> set[str]:
    """目录里的全部文件，不含字节码。"""
    return {str(path) for path in folder.rglob("*") if "__pycache__" not in path.parts and path.is_file()}


class Captured(Exception):
    """main 走到 parse_args 时抛出，带着那个 parser。"""


def load_script(path: Path):
    """按路径加载一个脚本（文件名可以以数字开头）。"""
    name = f"contract_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def parser_of(module) -> argparse.ArgumentParser:
    """脚本的 parser：main 的第一件事应当是解析选项。"""

    def capture(self, *args, **kwargs):
        raise Captured(self)

    with mock.patch.object(argparse.ArgumentParser, "parse_args", capture):
        try:
            module.main([])
        except Captured as captured:
            return captured.args[0]
    raise AssertionError("main 没有调用 parse_args")


def command_line_is_chinese(path: Path) -> list[str]:
    """--help 能用、是中文、每个选项都有说明；不认识的选项是 UserError。"""
    module = load_script(path)
    problems = []
    try:
        parser = parser_of(module)
    except AssertionError as error:
        return [str(error)]
    for action in parser._actions:
        if not CHINESE.search(action.help or ""):
            problems.append(f"选项 {'/'.join(action.option_strings) or action.dest} 没有中文说明")
    text, status = call_main(module, ["--help"])
    if status != 0 or "用法：" not in text or "显示这段说明" not in text:
        problems.append(f"--help 应当是中文、退出码 0（得到 {status}）")
    text, status = call_main(module, ["--no-such-option"])
    if status != 2 or not CHINESE.search(text) or "\n" in text:
        problems.append(f"不认识的选项应当抛 UserError，一行中文（得到 {status}：{text[:80]}）")
    return problems


def call_main(module, argv: list[str]) -> tuple[str, object]:
    """在本进程里调用 main：返回 (输出或错误的文字, 退出码)；UserError 的退出码是 2。"""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        try:
            module.main(argv)
        except UserError as error:
            return str(error), 2
        except SystemExit as stop:
            return output.getvalue(), stop.code
        except Exception as error:
            return f"{type(error).__name__}: {error}", 1
    return output.getvalue(), None


def common_options_are_offered(path: Path) -> list[str]:
    """训练、实验、计时脚本有全部公共选项；有 --smoke 的也都要有。"""
    options = {name for action in parser_of(load_script(path))._actions for name in action.option_strings}
    missing = sorted(COMMON_OPTIONS - options)
    if missing and (re.match(TRAIN_OR_LAB, path.name) or "--smoke" in options):
        return [f"缺公共选项 {' '.join(missing)}；用 book.common_options"]
    return []
