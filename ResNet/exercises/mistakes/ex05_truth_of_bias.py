"""错：拿张量当条件。"""

from ResNet.exercises.solutions import ex05_conv2d as solution
from ResNet.exercises.solutions.ex05_conv2d import output_size, pad2d  # noqa: F401

HINT = "写 if bias is not None"


def conv2d(x, weight, bias=None, stride=1, padding=0):
    out = solution.conv2d(x, weight, None, stride, padding)
    return out + bias.view(1, -1, 1, 1) if bias else out
