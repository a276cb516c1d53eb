"""错：两处都用了 bn1，bn2 建了没用。"""

from torch.nn import functional as F

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "bn2 没有用上"


class ResidualBlock(Right):
    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        out = self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + shortcut)
