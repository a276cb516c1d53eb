"""错：取了平均。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, mmr, parents, rrf  # noqa: F401

HINT = "不取平均"


def rrf_score(ranks, k=60):
    return sum(1 / (k + rank) for rank in ranks if rank is not None) / len(ranks)
