"""错：写死了 60。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, mmr, parents, rrf_score  # noqa: F401

HINT = "用传进来的 k"


def rrf(rankings, k=60):
    scores = {}
    for ranking in rankings:
        for rank, one in enumerate(dict.fromkeys(ranking), 1):
            scores[one] = scores.get(one, 0) + 1 / (60 + rank)
    return sorted(scores, key=lambda one: -scores[one])
