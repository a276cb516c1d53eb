"""错：weight 是 (out, in)，前向却忘了转置；方阵不报错。"""

from ResNet.exercises.solutions.ex03_module import Linear as Right
from ResNet.exercises.solutions.ex03_module import Module, Sequential, count_parameters  # noqa: F401

HINT = "算的是 x W + b"


class Linear(Right):
    def forward(self, x):
        return x @ self.weight + self.bias
