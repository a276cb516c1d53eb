"""错：一个一个地压缩。"""

from LangChain.exercises.solutions.ex07_memory import Threads, split, total_sent, window  # noqa: F401

HINT = "应当只调用一次"


def compact(summary, messages, keep, summarize):
    dropped, kept = split(messages, keep)
    for message in dropped:
        summary = summarize(summary, [message])
    return summary, kept
