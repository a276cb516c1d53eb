"""把一篇笔记拆成代码块与正文，供 `tests/note_*.py` 的各条规则使用。

一条规则是一个函数 `rule(note)`，逐个给出 `Problem`；能自动改好的问题带着 `fix`（起点、终点、新文字）。
检查与刷新因此是同一段代码：检查只打印，`--write` 把 fix 写回去。
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})[ \t]*([^\n`]*)$")
BLOCK_MARKER = re.compile(r"^[ \t]*<!--\s*(code|run|raises|shell)\b(?::\s*(.*?))?\s*-->[ \t]*$", re.MULTILINE)
INLINE_CODE = re.compile(r"(?<!`)(`+)(?!`)((?:(?!\n\s*\n).)+?)(?<!`)\1(?!`)", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LINK_TARGET = re.compile(r"\]\([^)\n]*\)|^\[[^\]]+\]:.*$|<[a-z/][^>]*>|https?://[^\s)）]+", re.MULTILINE)
MATH = re.compile(r"\$\$.*?\$\$|(?<![\\$])\$[^$\n]+?(?<!\\)\$", re.DOTALL)


@dataclass(frozen=True)
class Problem:
    """一处问题：在文中的位置、怎么改；fix = (起点, 终点, 新文字) 表示 `--write` 能改好。"""

    offset: int
    message: str
    fix: tuple[int, int, str] | None = None


@dataclass(frozen=True)
class Block:
    """一个围栏代码块；text 去掉了围栏自身的缩进，[start, end) 是正文（不含围栏）在笔记里的位置。"""

    language: str
    text: str
    indent: str
    opening: int
    start: int
    end: int
    closing: int
    marker: str | None
    argument: str

    def replace(self, text: str) -> tuple[int, int, str]:
        """把正文换成 text 的 fix。"""
        return self.start, self.end, indented(text, self.indent)


def indented(text: str, indent: str) -> str:
    """每个非空行前加上 indent，以换行结尾。"""
    return "".join(f"{indent}{line}\n" if line else "\n" for line in text.rstrip("\n").split("\n")) if text else ""


def blank(match: re.Match) -> str:
    """同样长的空白，换行保留：遮住一段文字而不改变其后的位置。"""
    return re.sub(r"[^\n]", " ", match.group())


class Note:
    """一篇笔记。root 是仓库根目录，标记与命令里的路径都从它算起。"""

    def __init__(self, path: Path, root: Path):
        self.path, self.root = Path(path), Path(root)
        self.text = self.path.read_text(encoding="utf-8")
        self.blocks, self.unclosed = find_blocks(self.text)

    @cached_property
    def outside_blocks(self) -> str:
        """遮住代码块之后的文字，位置与原文相同。"""
        text = self.text
        for block in self.blocks:
            hidden = re.sub(r"[^\n]", " ", text[block.opening : block.closing])
            text = text[: block.opening] + hidden + text[block.closing :]
        return text

    @cached_property
    def prose(self) -> str:
        """再遮住行内代码。"""
        return INLINE_CODE.sub(blank, self.outside_blocks)

    @cached_property
    def words(self) -> str:
        """再遮住注释、链接目标与公式：只剩下读者读到的文字。"""
        text = self.prose
        for pattern in (COMMENT, LINK_TARGET, MATH):
            text = pattern.sub(blank, text)
        return text

    def line(self, offset: int) -> int:
        """某个位置在第几行（从 1 起）。"""
        return self.text.count("\n", 0, offset) + 1

    def headings(self) -> list[tuple[int, int, str]]:
        """(位置, 级别, 标题)；标题里的行内代码照原样。"""
        found = re.finditer(r"^(#{1,6}) +(.+?)[ #]*$", self.outside_blocks, re.MULTILINE)
        return [(m.start(), len(m.group(1)), m.group(2)) for m in found]


def find_blocks(text: str) -> tuple[list[Block], int | None]:
    """全部围栏代码块；第二个值是没有关上的围栏的位置。"""
    blocks, offset, opened, previous = [], 0, None, ""
    for line in text.splitlines(keepends=True):
        fence = FENCE.match(line.rstrip("\r\n"))
        if opened is None and fence:
            opened = (fence, offset, offset + len(line), BLOCK_MARKER.match(previous.rstrip("\r\n")))
        elif opened and fence and fence.group(2).startswith(opened[0].group(2)) and not fence.group(3):
            blocks.append(make_block(text, *opened, offset, offset + len(line)))
            opened = None
        previous, offset = line, offset + len(line)
    return blocks, opened[1] if opened else None


def make_block(text, fence, opening, start, marker, end, closing) -> Block:
    """由围栏的位置组成 Block。"""
    indent, _, info = fence.groups()
    body = "".join(line.removeprefix(indent) for line in text[start:end].splitlines(keepends=True))
    language = info.split()[0].lower() if info.split() else ""
    kind, argument = (marker.group(1), marker.group(2) or "") if marker else (None, "")
    return Block(language, body, indent, opening, start, end, closing, kind, argument)
