"""错：不能广播时用 assert，抛的是 AssertionError。"""

from ResNet.exercises.solutions.ex01_broadcasting import normalize_rows, pairwise_distance, predictions  # noqa: F401

HINT = "要抛的是 ValueError"


def broadcast_shape(a, b):
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    assert all(m == n or 1 in (m, n) for m, n in zip(a, b))
    return tuple(n if m == 1 else m for m, n in zip(a, b))
