"""错：把列表整个交给 nn.Sequential。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock

HINT = "星号不能少"


def make_stage(in_channels, channels, blocks, stride):
    first = ResidualBlock(in_channels, channels, stride)
    return nn.Sequential([first] + [ResidualBlock(channels, channels) for _ in range(blocks - 1)])
