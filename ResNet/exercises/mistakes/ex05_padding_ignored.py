"""错：收了 padding，没有用。"""

from ResNet.exercises.solutions import ex05_conv2d as solution
from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "padding=1 时先 pad2d 再取窗口"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    return solution.conv2d(x, weight, bias, stride)
