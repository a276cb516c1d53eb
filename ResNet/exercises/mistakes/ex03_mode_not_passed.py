"""错：对子模块调用 train()，没有把 mode 带上，eval 之后子模块又回到训练模式。"""

from ResNet.exercises.solutions.ex03_module import Linear, Sequential, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Module as Right

HINT = "mode 要带上"


class Module(Right):
    def train(self, mode=True):
        self.training = mode
        for child in self._modules.values():
            child.train()
        return self
