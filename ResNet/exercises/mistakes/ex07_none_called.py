"""错：downsample 是 None 也去调用。"""

from torch.nn import functional as F

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "downsample 是 None 时捷径就是 x"


class ResidualBlock(Right):
    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + self.downsample(x))
