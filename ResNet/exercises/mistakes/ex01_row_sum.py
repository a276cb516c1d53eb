"""错：除以各行的和，像把个数变成比例。"""

from ResNet.exercises.solutions.ex01_broadcasting import broadcast_shape, pairwise_distance, predictions  # noqa: F401

HINT = "除的是各行的和"


def normalize_rows(x):
    return x / x.sum(dim=1, keepdim=True)
