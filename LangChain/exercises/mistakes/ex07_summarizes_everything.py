"""错：连留下的也压缩了。"""

from LangChain.exercises.solutions.ex07_memory import Threads, split, total_sent, window  # noqa: F401

HINT = "只压缩要丢的"


def compact(summary, messages, keep, summarize):
    dropped, kept = split(messages, keep)
    return summarize(summary, messages) if dropped else summary, kept
