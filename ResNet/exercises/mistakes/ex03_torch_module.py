"""错：按 nn.Module 登记，本题的 Module 不是它的子类。"""

from torch import nn

from ResNet.exercises.solutions.ex03_module import Linear, Sequential, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Module as Right

HINT = "Module（本题的，不是 nn.Module）"


class Module(Right):
    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        if isinstance(value, nn.Parameter):
            self._parameters[name] = value
        elif isinstance(value, nn.Module):
            self._modules[name] = value
