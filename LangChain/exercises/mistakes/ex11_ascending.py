"""错：从小到大。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, mmr, parents, rrf_score  # noqa: F401

HINT = "从小到大了"


def rrf(rankings, k=60):
    scores = {}
    for ranking in rankings:
        for rank, one in enumerate(dict.fromkeys(ranking), 1):
            scores[one] = scores.get(one, 0) + 1 / (k + rank)
    return sorted(scores, key=lambda one: scores[one])
