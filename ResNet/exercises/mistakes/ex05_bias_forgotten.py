"""错：收了 bias，没有加。"""

from ResNet.exercises.solutions import ex05_conv2d as solution
from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "没有加 bias"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    return solution.conv2d(x, weight, None, stride, padding)
