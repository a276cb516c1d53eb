"""错：从传进来的列表里删。"""

from LangChain.exercises.solutions.ex07_memory import Threads, compact, split, total_sent  # noqa: F401

HINT = "改动了传进来的列表"


def window(messages, keep):
    head = messages[:1] if messages and messages[0]["role"] == "system" else []
    dropped, _ = split(messages[len(head) :], keep)
    del messages[len(head) : len(head) + len(dropped)]
    return messages
