"""错：从远到近。"""

from LangChain.exercises.solutions.ex10_embedding import Cache, cosine, l2_from_cosine  # noqa: F401

HINT = "从远到近了"


def nearest(query, vectors, k):
    return sorted(range(len(vectors)), key=lambda i: (cosine(query, vectors[i]), i))[:k]
