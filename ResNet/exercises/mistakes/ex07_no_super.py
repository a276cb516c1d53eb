"""错：__init__ 里忘了 super().__init__()。"""

from torch import nn

from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "__init__ 的第一行要 super().__init__()"


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
