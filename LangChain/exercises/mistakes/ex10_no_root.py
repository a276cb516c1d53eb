"""错：分母没有开平方。"""

from LangChain.exercises.solutions.ex10_embedding import Cache, l2_from_cosine, nearest  # noqa: F401

HINT = "分母要开平方"


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / (sum(x * x for x in a) * sum(y * y for y in b))
