"""命令：shell 块里的脚本、模块、make 目标都存在，选项脚本认识，RESULT 的键出自脚本。

选项靠读源码得到（`add_argument` 的字面量，沿 `from X import f` 找下去），不必花几秒去导入 torch。
"""

import ast
import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.note_text import Block, Note, Problem

LANGUAGES = ("console", "shell", "bash", "sh")
RESULT_LINE = re.compile(r"^RESULT (.*)$")


def check_shell(note: Note) -> Iterator[Problem]:
    """shell 块里的每条命令都能照着敲。"""
    for block in note.blocks:
        if block.language == "console" and block.marker != "shell":
            yield Problem(block.opening, "```console 是命令和它的输出，前一行要有 <!-- shell -->")
        if block.language in LANGUAGES:
            for message in check_block(block, note.root):
                yield Problem(block.opening, message)


def check_block(block: Block, root: Path) -> Iterator[str]:
    """一个块里的问题；没有以 `$ ` 开头的行时，每一行都是命令（console 除外）。"""
    lines = re.sub(r"\\\n\s*", " ", block.text).splitlines()
    prompted = any(line.startswith("$ ") for line in lines)
    script = None
    for line in lines:
        result = RESULT_LINE.match(line)
        if result:
            yield from check_result(result.group(1), script, root)
        elif line.startswith("$ ") or not (prompted or block.language == "console"):
            for words in split_commands(line.removeprefix("$ ")):
                script, problems = check_command(words, root)
                yield from problems


def split_commands(line: str) -> list[list[str]]:
    """一行命令拆成各段（&&、|、; 隔开）的词，去掉注释、重定向与开头的环境变量。

    >>> split_commands("SEED=1 python a.py --x 1 | tee log && make test")
    [['python', 'a.py', '--x', '1'], ['tee', 'log'], ['make', 'test']]
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("|&;"):
            commands.append([])
        elif commands[-1] or not re.match(r"\w+=", word):
            commands[-1].append(word)
    return [command for command in commands if command]


def check_command(words: list[str], root: Path) -> tuple[Path | None, list[str]]:
    """(运行的脚本, 问题)；只看 python、torchrun、pytest、make，别的命令不管。"""
    outside = [word for word in words if word.startswith(("../", "/", "~/")) and not word.startswith("/dev/")]
    problems = [f"命令里的 {word} 在仓库之外；数据目录写 DIR，文件写 FILE" for word in outside]
    program = Path(words[0]).name
    if program == "make":
        return None, problems + check_make(words[1:], root)
    if program == "pytest" or words[1:3] == ["-m", "pytest"]:
        return None, problems + check_paths(words[1:], root)
    if re.fullmatch(r"python(3(\.\d+)?)?|torchrun", program):
        script, arguments = find_script(words[1:], root)
        if script is not None:
            return root / script, problems + check_script(script, arguments, root)
    return None, problems


def find_script(words: list[str], root: Path) -> tuple[str | None, list[str]]:
    """python 或 torchrun 之后的脚本（或 -m 模块的文件）和它的参数；不是仓库的事（-c、-m pip）时是 None。"""
    for i, word in enumerate(words):
        if word == "-m" and i + 1 < len(words):
            top = words[i + 1].split(".")[0]
            if not (root / top).exists() and importlib.util.find_spec(top) is not None:
                return None, []
            return module_file(words[i + 1], root).relative_to(root).as_posix(), words[i + 2 :]
        if word.endswith(".py"):
            return word, words[i + 1 :]
        if word == "-c":
            break
    return None, []


def check_script(script: str, arguments: list[str], root: Path) -> list[str]:
    """脚本存在，每个 --选项 都认识。"""
    if not (root / script).is_file():
        return [f"没有脚本 {script}；路径从仓库根目录算起"]
    known = options_of(root / script, None, root) | {"--help"}
    used = [word.split("=")[0] for word in arguments if re.match(r"--[a-z]", word)]
    return [f"{script} 没有选项 {option}" for option in dict.fromkeys(used) if option not in known]


def check_paths(words: list[str], root: Path) -> list[str]:
    """pytest 的路径都存在。"""
    paths = [word.split("::")[0] for word in words if re.search(r"/|\.py\b", word) and not word.startswith("-")]
    return [f"没有 {path}；路径从仓库根目录算起" for path in paths if not (root / path).exists()]


def check_make(words: list[str], root: Path) -> list[str]:
    """make 的目标都在 Makefile 里。"""
    makefile = root / "Makefile"
    source = makefile.read_text(encoding="utf-8") if makefile.is_file() else ""
    targets = {name for line in re.findall(r"^([\w][\w .-]*?):(?!=)", source, re.MULTILINE) for name in line.split()}
    wanted = [word for word in words if not word.startswith("-") and "=" not in word]
    return [f"Makefile 里没有目标 {word}" for word in wanted if word not in targets]


@cache
def options_of(path: Path, function: str | None, root: Path) -> frozenset[str]:
    """一个文件（或其中一个函数）用 add_argument 加的选项，连同它导入并用到的仓库函数加的。"""
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} if function is None else {function}
    options: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module) and function is None or getattr(node, "name", None) == (function or ""):
            options |= {option for call in ast.walk(node) for option in added_options(call)}
        if isinstance(node, ast.ImportFrom) and node.module:
            file = module_file(node.module, root)
            names = [alias.name for alias in node.names if (alias.asname or alias.name) in used]
            options |= {option for name in names for option in options_of(file, name, root)}
    return frozenset(options)


def added_options(node: ast.AST) -> list[str]:
    """一条语句加的选项：add_argument 的字面量，或循环里的 `add_argument(f"--{name}")`（name 取自循环的字面量）。"""
    if isinstance(node, ast.For) and any(is_templated(call) for call in ast.walk(node)):
        words = [str(leaf.value) for leaf in ast.walk(node.iter) if isinstance(leaf, ast.Constant)]
        return [f"--{word}" for word in words if re.fullmatch(r"[a-z][a-z0-9-]*", word)]
    if not is_add_argument(node):
        return []
    names = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and str(arg.value).startswith("-")]
    if "BooleanOptionalAction" in ast.dump(node):
        names += ["--no-" + name.removeprefix("--") for name in names]
    return names


def is_add_argument(node: ast.AST) -> bool:
    """是不是一次 add_argument 调用。"""
    return isinstance(node, ast.Call) and getattr(node.func, "attr", None) == "add_argument"


def is_templated(node: ast.AST) -> bool:
    """是不是选项名由 f-string 拼成的 add_argument。"""
    return is_add_argument(node) and bool(node.args) and isinstance(node.args[0], ast.JoinedStr)


def module_file(module: str, root: Path) -> Path:
    """模块名对应的仓库文件；不在仓库里的得到一个不存在的路径。"""
    base = root / module.replace(".", "/")
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def check_result(text: str, script: Path | None, root: Path) -> list[str]:
    """RESULT 的键都出现在脚本（或它从仓库里导入的模块）的源码里；RESULT 行可以用 ... 省略一部分。"""
    if script is None or not script.is_file():
        return ["RESULT 行之前没有运行脚本的命令"]
    try:
        keys = list(json.loads(text))
    except ValueError:
        keys = re.findall(r'"(\w+)":', text)
    sources = [script.read_text(encoding="utf-8")]
    for module in re.findall(r"^\s*from ([\w.]+) import", sources[0], re.MULTILINE):
        file = module_file(module, root)
        sources += [file.read_text(encoding="utf-8")] if file.is_file() else []
    known = set(re.findall(r"\w+", "\n".join(sources)))
    return [f"RESULT 里的 {key} 不在 {script.name} 的源码里" for key in keys if key not in known]
