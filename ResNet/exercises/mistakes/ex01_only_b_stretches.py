"""错：只让第二个形状的 1 拉长。"""

from ResNet.exercises.solutions.ex01_broadcasting import normalize_rows, pairwise_distance, predictions  # noqa: F401

HINT = "两边的 1 都能拉长"


def broadcast_shape(a, b):
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    if any(n not in (m, 1) for m, n in zip(a, b)):
        raise ValueError
    return a
