"""错：列表乘法，后面几块是同一个对象，参数共用。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock

HINT = "写 [block] * n 是同一个块"


def make_stage(in_channels, channels, blocks, stride):
    rest = [ResidualBlock(channels, channels)] * (blocks - 1)
    return nn.Sequential(ResidualBlock(in_channels, channels, stride), *rest)
