"""错：切片 [p:-p] 在 p=0 时是空的。"""

from ResNet.exercises.solutions.ex05_conv2d import conv2d, output_size  # noqa: F401

HINT = "padding=0 应当原样返回"


def pad2d(x, padding):
    N, C, H, W = x.shape
    padded = x.new_zeros(N, C, H + 2 * padding, W + 2 * padding)
    inside = padded[:, :, padding:-padding, padding:-padding]
    inside += x[:, :, : inside.shape[2], : inside.shape[3]]
    return padded
