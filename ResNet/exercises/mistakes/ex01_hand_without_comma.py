"""错：一维的形状少了逗号，(0) 只是整数 0。"""

from ResNet.exercises.solutions import ex01_broadcasting as solution
from ResNet.exercises.solutions.ex01_broadcasting import broadcast_shape, normalize_rows, pairwise_distance  # noqa: F401

HINT = "少了逗号就只是一个整数"


def predictions():
    return solution.predictions() | {"F": (0)}
