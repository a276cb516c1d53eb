"""错：求和时没有 keepdim，(N,) 右对齐到列上；方阵不报错。"""

from ResNet.exercises.solutions.ex01_broadcasting import broadcast_shape, pairwise_distance, predictions  # noqa: F401

HINT = "用 keepdim=True 留住它"


def normalize_rows(x):
    return x / x.square().sum(dim=1).sqrt()
