"""错：没有补 1，下标走出了短的那个。"""

from ResNet.exercises.solutions.ex01_broadcasting import normalize_rows, pairwise_distance, predictions  # noqa: F401

HINT = "先在短的左边补 1"


def broadcast_shape(a, b):
    result = []
    for i in range(1, max(len(a), len(b)) + 1):
        if a[-i] != b[-i] and 1 not in (a[-i], b[-i]):
            raise ValueError
        result.append(b[-i] if a[-i] == 1 else a[-i])
    return tuple(reversed(result))
