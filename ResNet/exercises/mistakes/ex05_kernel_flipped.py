"""错：像数学里那样把核翻转。"""

from ResNet.exercises.solutions import ex05_conv2d as solution
from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "深度学习里的 conv2d 不翻"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    return solution.conv2d(x, weight.flip(2, 3), bias, stride, padding)
