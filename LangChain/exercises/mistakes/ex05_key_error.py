"""错：以为每条消息都有 tool_calls。"""

from LangChain.exercises.solutions.ex05_trim import split_turns, trim, trim_last_turn  # noqa: F401

HINT = "不是每条消息都有 tool_calls"


def broken_ids(messages):
    calls = [call["id"] for message in messages for call in message["tool_calls"]]
    return calls
