"""错：捷径算完存回 x，主路吃的就不是输入了。"""

from torch.nn import functional as F

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "别把它覆盖掉"


class ResidualBlock(Right):
    def forward(self, x):
        if self.downsample is not None:
            x = self.downsample(x)
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + x)
