"""错：减的是平均。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, parents, rrf, rrf_score  # noqa: F401

HINT = "也不是平均"


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def mmr(query, vectors, k, balance=0.5):
    chosen = []
    while len(chosen) < min(k, len(vectors)):
        rest = [i for i in range(len(vectors)) if i not in chosen]
        repeat = {i: sum(dot(vectors[i], vectors[j]) for j in chosen) / max(1, len(chosen)) for i in rest}
        chosen.append(max(rest, key=lambda i: balance * dot(query, vectors[i]) - (1 - balance) * repeat[i]))
    return chosen
