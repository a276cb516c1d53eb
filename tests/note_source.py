"""摘录：`<!-- code: 文件::符号 -->` 后面的代码块必须等于源码里的那一段。"""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tests.note_text import Note, Problem

REGION = re.compile(r"^\s*# (region (\S+)|endregion)\s*$")


def check_code(note: Note) -> Iterator[Problem]:
    """摘录与源码一致。"""
    for block in note.blocks:
        if block.marker != "code":
            continue
        try:
            expected = excerpt(note.root, block.argument)
        except LookupError as error:
            yield Problem(block.opening, str(error))
            continue
        if block.text != expected:
            message = f"摘录与 {block.argument} 的源码不同；运行 python -m tests.notes --write"
            yield Problem(block.opening, message, block.replace(expected))


def check_unmarked(note: Note) -> Iterator[Problem]:
    """每个 Python 代码块都有标记，每个标记后面都是代码块。"""
    marked = 0
    for block in note.blocks:
        marked += block.marker is not None
        if block.language in ("python", "py", "python3", "pycon") and block.marker not in ("code", "run", "raises"):
            yield Problem(block.opening, "Python 代码块前一行要有 code、run 或 raises 标记，否则没有测试管它")
    for marker in re.finditer(r"<!--\s*(code|run|raises|shell)\b[^>]*-->", note.prose):
        if not any(block.opening == marker.end() + 1 for block in note.blocks):
            yield Problem(marker.start(), f"{marker.group()} 的下一行不是代码块；标记紧贴在代码块上面一行")
    if note.unclosed is not None:
        yield Problem(note.unclosed, "代码块没有结束的 ```")


def excerpt(root: Path, reference: str) -> str:
    """`路径`、`路径::符号`（类.方法、函数、常量）或 `路径::区域` 的源码，去掉公共缩进。

    区域写在 `# region 名字` 与 `# endregion` 之间；这两种注释本身不进摘录。找不到就抛 LookupError。
    """
    path, _, name = reference.partition("::")
    file = root / path
    if not file.is_file():
        raise LookupError(f"没有文件 {path}；路径从仓库根目录算起")
    source = file.read_text(encoding="utf-8")
    lines = source.splitlines()
    first, last = (0, len(lines)) if not name else region_span(lines, name) or symbol_span(source, path, name)
    kept = [line for line in lines[first:last] if not REGION.match(line)]
    return textwrap.dedent("\n".join(kept)).strip("\n") + "\n"


def region_span(lines: list[str], name: str) -> tuple[int, int] | None:
    """`# region name` 与配对的 `# endregion` 之间的行；没有这个区域返回 None。"""
    opened = []
    for i, line in enumerate(lines):
        match = REGION.match(line)
        if match and match.group(2):
            opened.append((match.group(2), i + 1))
        elif match and opened:
            found, first = opened.pop()
            if found == name:
                return first, i
    return None


def symbol_span(source: str, path: str, name: str) -> tuple[int, int]:
    """类、方法、函数（连同装饰器）或赋值语句所在的行。"""
    nodes: list[ast.AST] = [ast.parse(source)] if path.endswith(".py") else []
    for part in name.split("."):
        nodes = [child for node in nodes for child in statements(node) if part in names_of(child)]
    if not nodes:
        raise LookupError(f"{path} 里没有 {name}；写 类.方法、函数、常量或 # region 的名字")
    node = nodes[-1]  # 重复定义时，后一个才是真正生效的
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1, node.end_lineno


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """一个作用域里的语句，穿过 if、try、with、for，不进入函数和类。"""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
            if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield from statements(child)


def names_of(node: ast.AST) -> list[str]:
    """一条语句定义的名字。"""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    targets = targets if isinstance(node, (ast.Assign, ast.AnnAssign)) else []
    return [leaf.id for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)]
