"""错：丢了，没有写进摘要。"""

from LangChain.exercises.solutions.ex07_memory import Threads, split, total_sent, window  # noqa: F401

HINT = "应当只调用一次，调用了 0 次"


def compact(summary, messages, keep, summarize):
    dropped, kept = split(messages, keep)
    return summary, kept
