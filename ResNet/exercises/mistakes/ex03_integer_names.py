"""错：拿整数当属性名。"""

from ResNet.exercises.solutions.ex03_module import Linear, Module, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Sequential as Right

HINT = "属性名要是字符串"


class Sequential(Right):
    def __init__(self, *layers):
        super().__init__()
        for i, layer in enumerate(layers):
            setattr(self, i, layer)
