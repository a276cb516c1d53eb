"""错：__setattr__ 里用 setattr 存属性，又进了自己。"""

from ResNet.exercises.solutions.ex03_module import Linear, Sequential, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Module as Right

HINT = "会再进 __setattr__"


class Module(Right):
    def __setattr__(self, name, value):
        setattr(self, name, value)
