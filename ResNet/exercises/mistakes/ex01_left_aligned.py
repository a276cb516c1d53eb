"""错：从左边对齐，右边补 1。"""

from ResNet.exercises.solutions.ex01_broadcasting import normalize_rows, pairwise_distance, predictions  # noqa: F401

HINT = "从右边对齐"


def broadcast_shape(a, b):
    rank = max(len(a), len(b))
    a, b = a + (1,) * (rank - len(a)), b + (1,) * (rank - len(b))
    for m, n in zip(a, b):
        if m != n and 1 not in (m, n):
            raise ValueError
    return tuple(n if m == 1 else m for m, n in zip(a, b))
