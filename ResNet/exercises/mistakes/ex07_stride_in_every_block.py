"""错：每块都走 stride 步。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock

HINT = "每块都减半的话"


def make_stage(in_channels, channels, blocks, stride):
    sizes = [in_channels] + [channels] * blocks
    return nn.Sequential(*(ResidualBlock(a, b, stride) for a, b in zip(sizes, sizes[1:])))
