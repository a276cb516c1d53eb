"""错：没有判断 bias 是不是 None。"""

from ResNet.exercises.solutions import ex05_conv2d as solution
from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "bias 可以是 None"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    return solution.conv2d(x, weight, None, stride, padding) + bias.view(1, -1, 1, 1)
