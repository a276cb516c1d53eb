"""错：Sequential 的 __init__ 里忘了 super().__init__()。"""

from ResNet.exercises.solutions.ex03_module import Linear, Module, count_parameters  # noqa: F401

HINT = "Sequential 的 __init__ 第一行要 super().__init__()"


class Sequential(Module):
    def __init__(self, *layers):
        for i, layer in enumerate(layers):
            setattr(self, str(i), layer)

    def forward(self, x):
        for layer in self._modules.values():
            x = layer(x)
        return x
