"""错：算完忘了 return。"""

from ResNet.exercises.solutions.ex01_broadcasting import broadcast_shape, pairwise_distance, predictions  # noqa: F401

HINT = "返回的是 NoneType，应当是 Tensor：忘了 return？"


def normalize_rows(x):
    x = x / x.square().sum(dim=1, keepdim=True).sqrt()
