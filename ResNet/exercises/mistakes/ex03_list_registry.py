"""错：子模块登记在列表里，换掉的旧模块还在。"""

from ResNet.exercises.solutions.ex03_module import Linear, Sequential, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Module as Right

HINT = "换掉 head 之后旧的参数还在"


class Module(Right):
    def __init__(self):
        self.__dict__.update(_parameters={}, _modules={}, training=True, _children=[])

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if name in self._modules:
            self._children.append((name, value))

    def named_parameters(self, prefix=""):
        for name, parameter in self._parameters.items():
            yield prefix + name, parameter
        for name, child in self._children:
            yield from child.named_parameters(f"{prefix}{name}.")
