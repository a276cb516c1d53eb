"""错：downsample 吃的是主路的输出，不是 x。"""

from torch.nn import functional as F

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "downsample 吃的是 x，不是主路的输出"


class ResidualBlock(Right):
    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        shortcut = x if self.downsample is None else self.downsample(out)
        return F.relu(out + shortcut)
