"""错：回合不够时下标变成负的。"""

from LangChain.exercises.solutions.ex07_memory import Threads, compact, split, total_sent  # noqa: F401

HINT = "负的下标会从另一头数"


def window(messages, keep):
    head = messages[:1] if messages and messages[0]["role"] == "system" else []
    starts = [i for i, message in enumerate(messages) if message["role"] == "user"]
    if not starts:
        return messages
    return head + messages[starts[(len(starts) - keep) % len(starts)] :]
