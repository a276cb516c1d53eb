"""错：γ 从 0 开始，输出永远是 β。"""

import torch
from torch import nn

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "一开始等于什么也不做"


class BatchNorm2d(solution.BatchNorm2d):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        self.weight = nn.Parameter(torch.zeros(num_features))
