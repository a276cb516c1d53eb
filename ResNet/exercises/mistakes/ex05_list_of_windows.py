"""错：算完每个窗口，返回的是列表。"""

from ResNet.exercises.solutions import ex05_conv2d as solution
from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "攒在列表里的用 torch.stack 合成一个"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    return list(solution.conv2d(x, weight, bias, stride, padding).flatten(2).unbind(2))
