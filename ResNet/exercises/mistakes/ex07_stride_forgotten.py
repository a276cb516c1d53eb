"""错：conv1 忘了步幅，主路没有变小。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "conv1 走 2 步"


class ResidualBlock(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1 = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
