"""错：往切片 [p:-p] 里写，p=0 时它是空的。"""

from ResNet.exercises.solutions.ex05_conv2d import conv2d, output_size  # noqa: F401

HINT = "[0:-0]，也就是 [0:0]，空的"


def pad2d(x, padding):
    N, C, H, W = x.shape
    padded = x.new_zeros(N, C, H + 2 * padding, W + 2 * padding)
    padded[..., padding:-padding, padding:-padding] = x
    return padded
