"""错：从右边配对，但 zip 停在短的那个，左边多出来的维丢了。"""

from ResNet.exercises.solutions.ex01_broadcasting import normalize_rows, pairwise_distance, predictions  # noqa: F401

HINT = "zip 停在短的那个"


def broadcast_shape(a, b):
    result = []
    for m, n in zip(reversed(a), reversed(b)):
        if m != n and 1 not in (m, n):
            raise ValueError
        result.append(n if m == 1 else m)
    return tuple(reversed(result))
