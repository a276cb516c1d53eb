"""错：只算历史，没有算这个回合。"""

from LangChain.exercises.solutions.ex07_memory import Threads, compact, window  # noqa: F401

HINT = "这个回合自己也要发"


def total_sent(sizes, keep=None):
    return sum(sum(sizes[:i][-(keep or len(sizes)) :]) for i in range(len(sizes)))
