"""错：两个添维的位置反了，得到 (M, N)。"""

from ResNet.exercises.solutions.ex01_broadcasting import broadcast_shape, normalize_rows, predictions  # noqa: F401

HINT = "x 变成 (N, 1, D)，y 变成 (1, M, D)"


def pairwise_distance(x, y):
    return (x[None] - y[:, None]).square().sum(dim=2).sqrt()
