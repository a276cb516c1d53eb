"""错：登记了参数，没有照常存成属性。"""

from ResNet.exercises.solutions.ex03_module import Linear, Sequential, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Module as Right

HINT = "登记之后还要 super().__setattr__"


class Module(Right):
    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if name in self._parameters:
            del self.__dict__[name]
