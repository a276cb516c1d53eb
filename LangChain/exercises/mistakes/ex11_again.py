"""错：挑过的又挑。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, parents, rrf, rrf_score  # noqa: F401

HINT = "挑过的不能再挑"


def mmr(query, vectors, k, balance=0.5):
    best = max(range(len(vectors)), key=lambda i: sum(x * y for x, y in zip(query, vectors[i])))
    return [best] * min(k, len(vectors))
