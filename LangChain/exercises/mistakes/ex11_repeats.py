"""错：同一个名单里重复的都算。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, mmr, parents, rrf_score  # noqa: F401

HINT = "重复的只算最好的名次"


def rrf(rankings, k=60):
    scores = {}
    for ranking in rankings:
        for rank, one in enumerate(ranking, 1):
            scores[one] = scores.get(one, 0) + 1 / (k + rank)
    return sorted(scores, key=lambda one: -scores[one])
