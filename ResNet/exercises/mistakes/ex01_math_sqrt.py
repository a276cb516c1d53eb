"""错：用 math.sqrt 给整个张量开根号。"""

import math

from ResNet.exercises.solutions.ex01_broadcasting import broadcast_shape, pairwise_distance, predictions  # noqa: F401

HINT = "math.sqrt 只收一个数"


def normalize_rows(x):
    return x / math.sqrt(x.square().sum(dim=1, keepdim=True))
