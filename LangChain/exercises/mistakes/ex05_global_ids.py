"""错：收集全部的 id，比两个集合。"""

from LangChain.exercises.solutions.ex05_trim import split_turns, trim, trim_last_turn  # noqa: F401

HINT = "同一个调用答了两次"


def broken_ids(messages):
    calls = {call["id"] for message in messages for call in message.get("tool_calls") or ()}
    results = {message["tool_call_id"] for message in messages if message["role"] == "tool"}
    return list(calls ^ results)
