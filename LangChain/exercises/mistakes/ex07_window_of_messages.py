"""错：数的是消息。"""

from LangChain.exercises.solutions.ex07_memory import Threads, compact, split, total_sent  # noqa: F401

HINT = "keep 数的是回合，不是消息"


def window(messages, keep):
    head = messages[:1] if messages and messages[0]["role"] == "system" else []
    return head + messages[len(head) :][-keep:]
