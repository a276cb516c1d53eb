"""错：只存成属性，没有登记。"""

from ResNet.exercises.solutions.ex03_module import Linear, Sequential, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Module as Right

HINT = "__setattr__ 里按类型登记"


class Module(Right):
    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
