"""错：conv2 仍以为输入有 in_channels 个通道。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "conv2 与两个 bn 的进出都是 channels"


class ResidualBlock(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv2 = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
