"""错：bn1 按输入的通道建，它接的是 conv1 的输出。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "两个 bn 的进出都是 channels"


class ResidualBlock(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.bn1 = nn.BatchNorm2d(in_channels)
