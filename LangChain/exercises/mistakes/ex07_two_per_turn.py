"""错：以为一个回合总是两条。"""

from LangChain.exercises.solutions.ex07_memory import Threads, compact, split, total_sent  # noqa: F401

HINT = "不总是两条"


def window(messages, keep):
    head = messages[:1] if messages and messages[0]["role"] == "system" else []
    rest = messages[len(head) :]
    first = max(0, len(rest) - 2 * keep)
    while first and rest[first]["role"] != "user":
        first += 1
    return head + rest[first:]
