"""错：走进子模块时写了 yield，给出的是生成器本身。"""

from ResNet.exercises.solutions.ex03_module import Linear, Sequential, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Module as Right

HINT = "写 yield from，不是 yield"


class Module(Right):
    def named_parameters(self, prefix=""):
        yield from ((prefix + name, parameter) for name, parameter in self._parameters.items())
        for name, child in self._modules.items():
            yield child.named_parameters(f"{prefix}{name}.")
