"""错：行列弄反，u 配了列。"""

from ResNet.exercises.solutions import ex05_conv2d as solution
from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "u 配行，v 配列"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    return solution.conv2d(x, weight.transpose(2, 3), bias, stride, padding)
