"""错：只与最后挑的比。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, parents, rrf, rrf_score  # noqa: F401

HINT = "不是最后一个"


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def mmr(query, vectors, k, balance=0.5):
    chosen = []
    while len(chosen) < min(k, len(vectors)):
        rest = [i for i in range(len(vectors)) if i not in chosen]
        repeat = {i: dot(vectors[i], vectors[chosen[-1]]) if chosen else 0 for i in rest}
        chosen.append(max(rest, key=lambda i: balance * dot(query, vectors[i]) - (1 - balance) * repeat[i]))
    return chosen
