"""错：压缩之后没有丢。"""

from LangChain.exercises.solutions.ex07_memory import Threads, split, total_sent, window  # noqa: F401

HINT = "应当留下丙、丁两个回合"


def compact(summary, messages, keep, summarize):
    dropped, kept = split(messages, keep)
    return summarize(summary, dropped) if dropped else summary, messages
