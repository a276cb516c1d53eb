"""错：没有要丢的也请求一次。"""

from LangChain.exercises.solutions.ex07_memory import Threads, split, total_sent, window  # noqa: F401

HINT = "没有要丢的，不该调用"


def compact(summary, messages, keep, summarize):
    dropped, kept = split(messages, keep)
    return summarize(summary, dropped), kept
