"""错：没有带上旧的摘要。"""

from LangChain.exercises.solutions.ex07_memory import Threads, split, total_sent, window  # noqa: F401

HINT = "不带上旧的"


def compact(summary, messages, keep, summarize):
    dropped, kept = split(messages, keep)
    return summarize("", dropped) if dropped else summary, kept
