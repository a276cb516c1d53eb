"""错：只补右边和下边。"""

from ResNet.exercises.solutions.ex05_conv2d import conv2d, output_size  # noqa: F401

HINT = "不是只补右边和下边"


def pad2d(x, padding):
    N, C, H, W = x.shape
    padded = x.new_zeros(N, C, H + padding, W + padding)
    padded[:, :, :H, :W] = x
    return padded
