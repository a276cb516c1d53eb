"""错：偏置建了，前向没有加。"""

from ResNet.exercises.solutions.ex03_module import Linear as Right
from ResNet.exercises.solutions.ex03_module import Module, Sequential, count_parameters  # noqa: F401

HINT = "没有加 bias"


class Linear(Right):
    def forward(self, x):
        return x @ self.weight.T
