"""错：第一块之外又建了 blocks 块。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock

HINT = "第一块也算"


def make_stage(in_channels, channels, blocks, stride):
    first = ResidualBlock(in_channels, channels, stride)
    return nn.Sequential(first, *(ResidualBlock(channels, channels) for _ in range(blocks)))
