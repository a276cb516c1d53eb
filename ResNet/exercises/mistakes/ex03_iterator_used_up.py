"""错：存了一个迭代器，第二次前向什么也不做。"""

from ResNet.exercises.solutions.ex03_module import Linear, Module, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Sequential as Right

HINT = "迭代器只能走一遍"


class Sequential(Right):
    def __init__(self, *layers):
        super().__init__(*layers)
        self.layers = iter(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
