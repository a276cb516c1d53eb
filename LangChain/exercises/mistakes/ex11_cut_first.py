"""错：先取前 k 个孩子。"""

from LangChain.exercises.solutions.ex11_fusion import best_threshold, mmr, rrf, rrf_score  # noqa: F401

HINT = "先取前 k 个孩子再换父文档"


def parents(children, parent_of, k):
    return list(dict.fromkeys(parent_of[child] for child in children[:k]))
