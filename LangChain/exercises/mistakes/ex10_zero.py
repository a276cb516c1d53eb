"""错：零向量返回 0。"""

from LangChain.exercises.solutions.ex10_embedding import Cache, l2_from_cosine, nearest  # noqa: F401

HINT = "零向量没有方向"


def cosine(a, b):
    length = (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
    return sum(x * y for x, y in zip(a, b)) / length if length else 0.0
