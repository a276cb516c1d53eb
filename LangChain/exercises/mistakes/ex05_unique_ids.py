"""错：要求全历史的 id 各不相同。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids as right
from LangChain.exercises.solutions.ex05_trim import split_turns, trim, trim_last_turn  # noqa: F401

HINT = "别要求全部的 id 不同"


def broken_ids(messages):
    ids = [call["id"] for message in messages for call in message.get("tool_calls") or ()]
    return right(messages) + [i for n, i in enumerate(ids) if i in ids[:n]]
