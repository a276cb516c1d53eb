"""错：downsample 只有卷积，没有 BN。"""

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "1x1 卷积之后也要 BatchNorm"


class ResidualBlock(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if self.downsample is not None:
            self.downsample = self.downsample[:1]
