"""读训练数据：一行一条对话的 JSONL，写错了就说是第几行、错在哪、该怎么写。

教什么：数据在进模型之前要查什么；训练与验证怎样分，才不会拿见过的题考它。
不教什么：对话怎样变成词元（`chat.py`）。
不是脚本；`from TrainAndFinetune.tuning import read_jsonl`。不导入 torch。对应笔记：`4_full.md`。
"""

import hashlib
import json
from pathlib import Path

from book import UserError

SYSTEM = ("system", "developer")
# 一个角色的前面可以是谁；"" 是对话的开头
BEFORE = {
    "user": ("", "system", "assistant"),
    "assistant": ("user", "tool"),
    "tool": ("call", "tool"),
}
SHAPE = '一行要写成 {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'


def check_call(call, where: str) -> None:
    """一次工具调用：{"function": {"name": 字符串, "arguments": 对象，或写成 JSON 的对象}}。"""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise UserError(
            f'{where} 的 tool_calls 里缺 function.name；写成 {{"function": {{"name": …, "arguments": {{…}}}}}}'
        )
    arguments = function.get("arguments")
    try:
        arguments = json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        raise UserError(f"{where} 调用 {function['name']} 的 arguments 不是完整的 JSON：{arguments!r}") from None
    if not isinstance(arguments, dict):
        raise UserError(f"{where} 调用 {function['name']} 的 arguments 应当是一个 JSON 对象，收到 {arguments!r}")


def check_message(message, where: str) -> None:
    """一条消息：有 role 与 content，或者是带工具调用的 assistant。"""
    if not isinstance(message, dict):
        raise UserError(f"{where} 应当是一个对象，收到 {message!r}")
    if missing := [key for key in ("role", "content") if key not in message and not message.get("tool_calls")]:
        raise UserError(f"{where} 缺 {'、'.join(missing)}，只有 {'、'.join(map(str, message)) or '空'}；{SHAPE}")
    role, content, calls = message.get("role"), message.get("content"), message.get("tool_calls") or []
    if role not in (*SYSTEM, *BEFORE):
        raise UserError(f"{where} 的 role 是 {role!r}，可选 system、user、assistant、tool")
    if calls and role != "assistant":
        raise UserError(f"{where} 是 {role}，只有 assistant 可以有 tool_calls")
    if not isinstance(content, str) and not (calls and content is None):
        raise UserError(f"{where} 的 content 应当是字符串，收到 {content!r}")
    if not (content or "").strip() and not calls:
        raise UserError(f"{where}（{role}）的 content 是空的；没有内容的消息教不了什么，删掉这一行")
    if not isinstance(calls, list):
        raise UserError(f"{where} 的 tool_calls 应当是列表，收到 {calls!r}")
    for call in calls:
        check_call(call, where)


def check_order(messages: list[dict]) -> None:
    """次序：可以有一条 system 开头，然后 user 与 assistant 轮流，tool 跟在调用它的 assistant 后面；assistant 结尾。"""
    previous = ""
    for i, message in enumerate(messages):
        role = message["role"]
        if role in SYSTEM:
            if i:
                raise UserError(f"messages[{i}] 是 {role}，它只能是第一条")
            previous = "system"
            continue
        if previous not in BEFORE[role]:
            came = {"": "对话的开头", "call": "要用工具的 assistant"}.get(previous, previous)
            raise UserError(f"messages[{i}] 是 {role}，前面却是{came}；user 与 assistant 要轮流，tool 跟在调用它的后面")
        previous = "call" if message.get("tool_calls") else role
    if messages[-1]["role"] != "assistant":
        raise UserError(f"最后一条是 {messages[-1]['role']}；训练的是答案，最后一条要是 assistant")


def check_row(row) -> dict:
    """一行数据合不合规矩；不合就抛 UserError，合就原样返回。

    >>> check_row({"messages": [{"role": "user", "content": "在吗"}]})
    Traceback (most recent call last):
    book.cli.UserError: 最后一条是 user；训练的是答案，最后一条要是 assistant
    """
    if not isinstance(row, dict) or not isinstance(row.get("messages"), list) or not row["messages"]:
        got = f"只有 {'、'.join(map(str, row))}" if isinstance(row, dict) and row else repr(row)[:40]
        raise UserError(f"没有 messages（非空的列表），{got}；{SHAPE}")
    for i, message in enumerate(row["messages"]):
        check_message(message, f"messages[{i}]")
    check_order(row["messages"])
    tools = row.get("tools")
    if not isinstance(tools, (list, type(None))):
        raise UserError(f"tools 应当是列表，收到 {tools!r}")
    for tool in tools or []:
        function = tool.get("function") if isinstance(tool, dict) else None
        keys = ("name", "description", "parameters")
        if not isinstance(function, dict) or any(key not in function for key in keys):
            raise UserError(f"tools 里每一项要有 function，里面有 {'、'.join(keys)}；收到 {tool!r}")
    return row


def parse_line(line: str) -> dict:
    """一行文字 -> 一行数据。"""
    if not line.strip():
        raise UserError("是空的；删掉它，一行一条对话")
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UserError(f"不是 JSON（{error}）；{SHAPE}") from None
    return check_row(row)


def read_jsonl(path: Path, option: str = "--data") -> list[dict]:
    """读一个 JSONL 文件，rows[i] 是第 i + 1 行；有一行不对就抛 UserError，说出第几行。option 是给出 path 的选项。"""
    path = Path(path)
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").rstrip().split(b"\n")  # 开头的 BOM 不算
    except OSError as error:
        raise UserError(f"读不了 {path}（{error.strerror}）；检查 {option}") from None
    if lines == [b""]:
        raise UserError(f"{path} 是空的，一条对话也没有；{SHAPE}")
    if lines[0].lstrip().startswith(b"["):
        raise UserError(f"{path} 是 JSON 数组；要一行一个对象，不要外面的方括号")
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(parse_line(line.decode("utf-8")))
        except UnicodeDecodeError:
            raise UserError(f"{path} 第 {number} 行不是 UTF-8；另存为 UTF-8 再试") from None
        except UserError as error:
            raise UserError(f"{path} 第 {number} 行：{error}") from None
    return rows


def question(row: dict) -> str:
    """一行里除了最后的答案以外的全部：两行的 question 相同，就是同一道题。"""
    return json.dumps([row["messages"][:-1], row.get("tools")], ensure_ascii=False, sort_keys=True)


def held_out(row: dict, share: float = 0.1, seed: int = 0) -> bool:
    """这一行留作验证吗：由题目的哈希定，约 share 的题目留下。"""
    digest = hashlib.sha256(f"{seed} {question(row)}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def split_rows(rows: list[dict], share: float = 0.1, seed: int = 0) -> tuple[list[dict], list[dict]]:
    """按题目的哈希分成 (训练, 验证)：同一道题的几行总在同一边，加几行数据也不会让旧的换边。"""
    kept = [held_out(row, share, seed) for row in rows]
    return [row for row, out in zip(rows, kept) if not out], [row for row, out in zip(rows, kept) if out]


def repeated(dev: list[dict], train: list[dict]) -> float:
    """验证集里有多大一部分题目，训练集里一字不差地有；不是 0，验证的分数就信不得。"""
    seen = {question(row) for row in train}
    return sum(question(row) in seen for row in dev) / max(1, len(dev))
