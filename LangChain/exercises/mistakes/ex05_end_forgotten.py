"""错：循环完没有看还剩什么。"""

from LangChain.exercises.solutions.ex05_trim import split_turns, trim, trim_last_turn  # noqa: F401

HINT = "历史到头了"


def broken_ids(messages):
    waiting, broken = [], []
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] in waiting:
                waiting.remove(message["tool_call_id"])
            else:
                broken.append(message["tool_call_id"])
            continue
        broken += waiting
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
    return broken
