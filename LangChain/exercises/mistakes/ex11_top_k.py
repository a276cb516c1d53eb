"""错：没有减重复的那一项。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, parents, rrf, rrf_score  # noqa: F401

HINT = "第二次要减去"


def mmr(query, vectors, k, balance=0.5):
    return sorted(range(len(vectors)), key=lambda i: -sum(x * y for x, y in zip(query, vectors[i])))[:k]
