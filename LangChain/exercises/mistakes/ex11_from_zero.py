"""错：名次从 0 数。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, mmr, parents, rrf  # noqa: F401

HINT = "名次从 1 数"


def rrf_score(ranks, k=60):
    return sum(1 / (k + rank - 1) for rank in ranks if rank is not None)
