"""错：(W xᵀ)ᵀ，x 是矩阵时对，多一个前导维就不行。"""

from ResNet.exercises.solutions.ex03_module import Linear as Right
from ResNet.exercises.solutions.ex03_module import Module, Sequential, count_parameters  # noqa: F401

HINT = "转置 x 会把前导维也倒过来"


class Linear(Right):
    def forward(self, x):
        return (self.weight @ x.t()).t() + self.bias
