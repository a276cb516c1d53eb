"""错：把模块 nn.ReLU 当函数用。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "nn.ReLU(x) 造的是一个模块，不是算 ReLU"


class ResidualBlock(Right):
    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        out = nn.ReLU(self.bn1(self.conv1(x)))
        return nn.ReLU(self.bn2(self.conv2(out)) + shortcut)
