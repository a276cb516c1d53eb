"""错：没有除以长度。"""

from LangChain.exercises.solutions.ex10_embedding import Cache, l2_from_cosine, nearest  # noqa: F401

HINT = "还没有除以两个长度"


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b))
