"""错：少了括号，先算了 kernel // stride。"""

from ResNet.exercises.solutions.ex05_conv2d import conv2d, pad2d  # noqa: F401

HINT = "// 比加减先算，减法要括号"


def output_size(size, kernel, stride=1, padding=0):
    return size + 2 * padding - kernel // stride + 1
