"""错：公式里只加了一份 padding。"""

from ResNet.exercises.solutions.ex05_conv2d import conv2d, pad2d  # noqa: F401

HINT = "+ 2·padding，不是 + padding"


def output_size(size, kernel, stride=1, padding=0):
    return (size + padding - kernel) // stride + 1
