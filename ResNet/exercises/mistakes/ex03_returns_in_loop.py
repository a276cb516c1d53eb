"""错：return 写进了循环，只算了第一层。"""

from ResNet.exercises.solutions.ex03_module import Linear, Module, count_parameters  # noqa: F401
from ResNet.exercises.solutions.ex03_module import Sequential as Right

HINT = "return 写在循环外面"


class Sequential(Right):
    def forward(self, x):
        for layer in self._modules.values():
            return layer(x)
        return x
