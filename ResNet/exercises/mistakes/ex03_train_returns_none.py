"""错：train 没有 return self。"""

from ResNet.exercises.solutions.ex03_module import Linear, Sequential, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Module as Right

HINT = "train 最后要 return self"


class Module(Right):
    def train(self, mode=True):
        super().train(mode)
