"""错：balance 写反了。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, parents, rrf, rrf_score  # noqa: F401
from LangChain.exercises.solutions.ex11_fusion import mmr as right

HINT = "别写反"


def mmr(query, vectors, k, balance=0.5):
    return right(query, vectors, k, 1 - balance)
