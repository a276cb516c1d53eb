"""错：forward 算完没有 return。"""

from ResNet.exercises.solutions.ex07_residual_block import ResidualBlock as Right
from ResNet.exercises.solutions.ex07_residual_block import make_stage  # noqa: F401

HINT = "返回的是 NoneType，应当是 Tensor：忘了 return？"


class ResidualBlock(Right):
    def forward(self, x):
        super().forward(x)
