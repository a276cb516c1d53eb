"""错：每一步都从初值 0 与 1 重新开始。"""

import torch

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "在旧值上继续走"


class BatchNorm2d(solution.BatchNorm2d):
    @torch.no_grad()
    def update(self, mean, var):
        self.running_mean.copy_(self.momentum * mean)
        self.running_var.copy_(1 - self.momentum + self.momentum * var)
