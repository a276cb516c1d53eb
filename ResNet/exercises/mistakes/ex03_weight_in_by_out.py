"""错：weight 的形状是 (in, out)。"""

from torch import nn

from ResNet.exercises.solutions.ex03_module import Linear as Right
from ResNet.exercises.solutions.ex03_module import Module, Sequential, count_parameters  # noqa: F401

HINT = "weight 是 (out, in)"


class Linear(Right):
    def __init__(self, in_features, out_features):
        super().__init__(in_features, out_features)
        self.weight = nn.Parameter(self.weight.data.T)

    def forward(self, x):
        return x @ self.weight + self.bias
