"""错：一样近的下标大的在前。"""

from LangChain.exercises.solutions.ex10_embedding import Cache, cosine, l2_from_cosine  # noqa: F401

HINT = "下标小的在前"


def nearest(query, vectors, k):
    return sorted(range(len(vectors)), key=lambda i: (cosine(query, vectors[i]), i), reverse=True)[:k]
