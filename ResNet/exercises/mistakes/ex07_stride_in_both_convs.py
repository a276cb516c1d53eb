"""错：两个卷积都走 stride 步（捷径也跟着走了两次）。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "conv2 走 1 步"


class ResidualBlock(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride=stride, padding=1, bias=False)
        if self.downsample is not None:
            self.downsample[0] = nn.Conv2d(in_channels, channels, 1, stride=stride * stride, bias=False)
