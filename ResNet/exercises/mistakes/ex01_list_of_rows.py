"""错：一行一行攒成列表返回。"""

from ResNet.exercises.solutions.ex01_broadcasting import broadcast_shape, pairwise_distance, predictions  # noqa: F401

HINT = "攒在列表里的用 torch.stack"


def normalize_rows(x):
    return [row / row.norm() for row in x]
