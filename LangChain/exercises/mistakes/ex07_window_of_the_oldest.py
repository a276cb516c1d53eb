"""错：留了最旧的。"""

from LangChain.exercises.solutions.ex07_memory import Threads, compact, split, total_sent  # noqa: F401

HINT = "留成了最旧的"


def window(messages, keep):
    head = messages[:1] if messages and messages[0]["role"] == "system" else []
    rest = messages[len(head) :]
    starts = [i for i, message in enumerate(rest) if message["role"] == "user"] + [len(rest)]
    return head + rest[: starts[min(keep, len(starts) - 1)]]
