"""错：后一个名单的分数盖掉前一个的。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, mmr, parents, rrf_score  # noqa: F401

HINT = "两份分数加起来"


def rrf(rankings, k=60):
    scores = {}
    for ranking in rankings:
        for rank, one in enumerate(dict.fromkeys(ranking), 1):
            scores[one] = 1 / (k + rank)
    return sorted(scores, key=lambda one: -scores[one])
