"""错：输出变小了，窗口仍一格一格走。"""

from ResNet.exercises.solutions import ex05_conv2d as solution
from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "窗口仍一格一格走"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    H, W = (output_size(size, weight.shape[2], stride, padding) for size in x.shape[2:])
    return solution.conv2d(x, weight, bias, 1, padding)[:, :, :H, :W]
