"""错：就地除，改了调用者的张量。"""

from ResNet.exercises.solutions.ex01_broadcasting import broadcast_shape, pairwise_distance, predictions  # noqa: F401

HINT = "改了调用者的 x"


def normalize_rows(x):
    x /= x.square().sum(dim=1, keepdim=True).sqrt()
    return x
