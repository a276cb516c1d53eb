"""错：3x3 卷积没有 padding，每层小一圈。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "3x3 卷积要 padding=1"


class ResidualBlock(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, bias=False)
