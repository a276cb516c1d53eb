"""可执行片段：run 必须跑通且输出相符，raises 必须抛出指定的异常。"""

import json
import math
import os
import re
import subprocess
import sys
from codeop import compile_command
from collections.abc import Iterator
from pathlib import Path

from tests.note_text import Block, Note, Problem

RUNNER = Path(__file__).with_name("note_runner.py")
TOKEN = re.compile(r"\.\.\.|[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?|[-+]?\.\d+|\w+|\S")


def check_run(note: Note) -> Iterator[Problem]:
    """片段的输出与紧跟的 ```text 块相符。"""
    blocks = [block for block in note.blocks if block.marker in ("run", "raises")]
    if not blocks:
        return
    for block in blocks:
        typed = pasteable(block.text)
        if typed is None or typed.rstrip() != block.text.rstrip():
            advice = "缩进的块之后空一行" if typed else "块里不能有空行"
            fix = block.replace(typed) if typed else None
            yield Problem(block.opening, f"片段粘不进交互的 python：{advice}；运行 python -m tests.notes --write", fix)
    results = execute(note, blocks)
    if isinstance(results, str):
        yield Problem(blocks[0].opening, results)
        return
    for block, result in zip(blocks, results):
        wrong = unexpected_end(block, result)
        if wrong:
            yield Problem(block.opening, wrong)
            return  # 后面的片段用得到前面的变量，它们的错不必再报
        yield from compare_output(note, block, result["output"])


def execute(note: Note, blocks: list[Block]) -> list[dict] | str:
    """一个子进程里跑完全部片段；子进程没能跑完时返回一句说明。"""
    snippets = [[note.line(block.opening), block.text] for block in blocks]
    try:
        done = subprocess.run(
            [sys.executable, str(RUNNER), note.path.name],
            input=json.dumps(snippets),
            cwd=note.root,
            env={**os.environ, "PYTHONUTF8": "1", "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"},
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )
    except subprocess.TimeoutExpired:
        return "片段跑了 300 秒还没完；笔记里的片段应当只要几秒"
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        return f"执行片段的进程意外结束（退出码 {done.returncode}）：{' '.join(done.stderr.split()[-30:])}"
    return json.loads(lines[-1])


def unexpected_end(block: Block, result: dict) -> str | None:
    """片段没有以标记说的方式结束时，返回一句说明。"""
    raised, summary = result["raised"], " ".join(result["error"].split())
    if block.marker == "run" and raised:
        return f"片段抛出了异常：{summary}"
    if block.marker == "raises" and not raised:
        return f"片段应当抛出 {block.argument}，却跑通了；接口变了就改写这一段"
    if block.marker == "raises" and block.argument not in raised:
        return f"片段应当抛出 {block.argument}，抛出的是 {raised[0]}：{summary}"
    return None


def compare_output(note: Note, block: Block, actual: str) -> Iterator[Problem]:
    """比较紧跟的 ```text 块；run 片段有输出却没有这个块也是问题。raises 片段可以不写。"""
    shown = next((other for other in note.blocks if other.opening >= block.closing), None)
    follows = shown and shown.language == "text" and not note.text[block.closing : shown.opening].strip()
    if follows and not same_output(shown.text, actual):
        message = f"输出与笔记写的不同，实际是 {shorten(actual)}；运行 python -m tests.notes --write"
        yield Problem(shown.opening, message, shown.replace(actual))
    elif not follows and block.marker == "run" and actual.strip():
        text = f"\n{block.indent}```text\n" + "".join(block.indent + line + "\n" for line in actual.splitlines())
        message = "片段有输出，后面缺 ```text 块；运行 python -m tests.notes --write"
        yield Problem(block.opening, message, (block.closing, block.closing, text + f"{block.indent}```\n"))


def shorten(text: str, width: int = 60) -> str:
    """报错里只放开头一段，换行换成空格。"""
    line = " ".join(text.split()) or "（空）"
    return line if len(line) <= width else line[:width] + "…"


def same_output(expected: str, actual: str) -> bool:
    """两段输出是否相符：空白不计，浮点数比 3 位有效数字，expected 里的 ... 匹配任意一段。

    >>> same_output("loss 0.123 ... 完", "loss 0.12345 第 1 轮 完")
    True
    """
    pieces, tokens = [[]], TOKEN.findall(actual)
    for token in TOKEN.findall(expected):
        if token == "...":
            pieces.append([])
        else:
            pieces[-1].append(token)
    if len(pieces) == 1:
        return match_at(pieces[0], tokens, 0) and len(tokens) == len(pieces[0])
    end = len(tokens) - len(pieces[-1])
    position = len(pieces[0])
    if end < position or not match_at(pieces[0], tokens, 0) or not match_at(pieces[-1], tokens, end):
        return False
    for piece in pieces[1:-1]:  # 中间各段取最早的匹配
        found = [i for i in range(position, end - len(piece) + 1) if match_at(piece, tokens, i)]
        if not found:
            return False
        position = found[0] + len(piece)
    return True


def match_at(piece: list[str], tokens: list[str], start: int) -> bool:
    """tokens 从 start 起的一段是否与 piece 逐个相符。"""
    part = tokens[start : start + len(piece)]
    return len(part) == len(piece) and all(same_token(a, b) for a, b in zip(piece, part))


def same_token(a: str, b: str) -> bool:
    """文字与整数要完全相同；只要有一个是浮点，就看差是否不到第 3 位有效数字的一半。"""
    if a == b:
        return True
    if not any(re.fullmatch(r"[-+]?[\d.]*\d[\d.]*(e[-+]?\d+)?", t) and re.search(r"[.e]", t) for t in (a, b)):
        return False
    try:
        x, y = float(a), float(b)
    except ValueError:
        return False
    largest = max(abs(x), abs(y))
    return x == y or abs(x - y) <= 0.5000001 * 10 ** (math.floor(math.log10(largest)) - 2)


def pasteable(text: str) -> str | None:
    """片段照原样粘进交互的 python 时应有的样子：缩进的块之后补一个空行；补空行也救不了就返回 None。

    >>> pasteable("for i in range(2):\\n    print(i)\\nprint(3)\\n")
    'for i in range(2):\\n    print(i)\\n\\nprint(3)\\n'
    """
    lines: list[str] = []
    statement: list[str] = []  # 交互环境里正在敲、还没敲完的一句
    for line in text.splitlines():
        if statement and line and not line[0].isspace() and not enters(statement, line):
            if not enters(statement, ""):
                return None
            lines.append("")
            statement = []
        if not line and not statement:
            lines.append(line)
            continue
        if not enters(statement, line):
            return None
        lines.append(line)
        statement = [*statement, line] if compile_command("\n".join([*statement, line])) is None else []
    return "\n".join(lines) + "\n"


def enters(statement: list[str], line: str) -> bool:
    """交互环境收下 line 吗：接在 statement 后面没有语法错误。"""
    try:
        compile_command("\n".join([*statement, line]))
    except (SyntaxError, ValueError, OverflowError):
        return False
    return True
