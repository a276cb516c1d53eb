"""错：后面的块仍以为输入有 in_channels 个通道。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock

HINT = "第二块起吃的是上一块的输出"


def make_stage(in_channels, channels, blocks, stride):
    return nn.Sequential(*(ResidualBlock(in_channels, channels, 1 if i else stride) for i in range(blocks)))
