"""错：只设了子模块的 training，没有到孙子。"""

from ResNet.exercises.solutions.ex03_module import Linear, Sequential, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Module as Right

HINT = "没到孙子"


class Module(Right):
    def train(self, mode=True):
        self.training = mode
        for child in self._modules.values():
            child.training = mode
        return self
