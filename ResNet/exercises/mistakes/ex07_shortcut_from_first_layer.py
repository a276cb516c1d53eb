"""错：捷径从第一层之后接出来，不是从 x。"""

from torch.nn import functional as F

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "接的不是这一块的输入"


class ResidualBlock(Right):
    def forward(self, x):
        first = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(first)) + first)
