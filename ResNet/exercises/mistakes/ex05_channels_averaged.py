"""错：对输入通道取平均，不是求和。"""

from ResNet.exercises.solutions import ex05_conv2d as solution
from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "不是平均，也不是只看一个通道"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    return solution.conv2d(x, weight / x.shape[1], bias, stride, padding)
