"""错：向量不够 k 个就出错。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, parents, rrf, rrf_score  # noqa: F401

HINT = "不够 k 个就全部挑完"


def mmr(query, vectors, k, balance=0.5):
    from LangChain.exercises.solutions.ex11_fusion import mmr as right

    found = right(query, vectors, k, balance)
    return [found[n] for n in range(k)]
