"""错：只查没有主人的结果，不查没有结果的调用。"""

from LangChain.exercises.solutions.ex05_trim import split_turns, trim, trim_last_turn  # noqa: F401

HINT = "调用没有结果就说了别的话"


def broken_ids(messages):
    known, broken = [], []
    for message in messages:
        known += [call["id"] for call in message.get("tool_calls") or ()]
        if message["role"] == "tool" and message["tool_call_id"] not in known:
            broken.append(message["tool_call_id"])
    return broken
