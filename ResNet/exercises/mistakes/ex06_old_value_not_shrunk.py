"""错：直接往上加 momentum · 新值，旧值没有乘 1 - momentum。"""

import torch

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "旧值先乘 1 - momentum"


class BatchNorm2d(solution.BatchNorm2d):
    @torch.no_grad()
    def update(self, mean, var):
        self.running_mean += self.momentum * mean
        self.running_var += self.momentum * var
