"""错：weight 与 bias 是普通张量，没有包成 nn.Parameter。"""

import torch

from ResNet.exercises.solutions.ex03_module import Linear as Right
from ResNet.exercises.solutions.ex03_module import Module, Sequential, count_parameters  # noqa: F401

HINT = "包成 nn.Parameter 才会登记"


class Linear(Right):
    def __init__(self, in_features, out_features):
        Module.__init__(self)
        bound = in_features**-0.5
        self.weight = torch.empty(out_features, in_features).uniform_(-bound, bound)
        self.bias = torch.empty(out_features).uniform_(-bound, bound)
