"""错：downsample 的 1x1 卷积忘了步幅。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "downsample 的 1x1 卷积也要 stride=2"


class ResidualBlock(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if self.downsample is not None:
            self.downsample[0] = nn.Conv2d(in_channels, channels, 1, bias=False)
