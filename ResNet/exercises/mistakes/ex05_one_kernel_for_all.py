"""错：所有输出通道用了同一个核。"""

from ResNet.exercises.solutions import ex05_conv2d as solution
from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "weight[o] 是第 o 个输出通道的核"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    return solution.conv2d(x, weight[:1].expand_as(weight), bias, stride, padding)
