"""错：往下传的前缀只有最后一段。"""

from ResNet.exercises.solutions.ex03_module import Linear, Sequential, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Module as Right

HINT = "前缀在原来的 prefix 后面再接一段"


class Module(Right):
    def named_parameters(self, prefix=""):
        for name, parameter in self._parameters.items():
            yield prefix + name, parameter
        for name, child in self._modules.items():
            yield from child.named_parameters(f"{name}.")
