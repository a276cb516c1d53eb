"""错：keepdim 的 (1, C, 1, 1) 直接存进 running_mean，形状变了。"""

import torch

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "先 flatten 再存"


class BatchNorm2d(solution.BatchNorm2d):
    @torch.no_grad()
    def update(self, mean, var):
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean.view(1, -1, 1, 1)
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var.view(1, -1, 1, 1)
