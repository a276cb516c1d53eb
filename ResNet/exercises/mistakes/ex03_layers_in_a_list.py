"""错：Sequential 把层放在 list 里。"""

from ResNet.exercises.solutions.ex03_module import Linear, Module, count_parameters  # noqa: F401

HINT = "层放在 list 里就没人登记"


class Sequential(Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
