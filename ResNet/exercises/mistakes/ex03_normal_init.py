"""错：初值用标准正态，没有按 in_features 缩小。"""

from torch import nn

from ResNet.exercises.solutions.ex03_module import Linear as Right
from ResNet.exercises.solutions.ex03_module import Module, Sequential, count_parameters  # noqa: F401

HINT = "每层都放大，深了就爆"


class Linear(Right):
    def __init__(self, in_features, out_features):
        super().__init__(in_features, out_features)
        nn.init.normal_(self.weight)
