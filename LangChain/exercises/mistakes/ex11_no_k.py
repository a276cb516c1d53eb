"""错：分母里没有 k。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, mmr, parents, rrf  # noqa: F401

HINT = "分母里少了 k"


def rrf_score(ranks, k=60):
    return sum(1 / rank for rank in ranks if rank is not None)
