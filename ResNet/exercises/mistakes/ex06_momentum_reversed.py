"""错：momentum 当成了旧值的权重。"""

import torch

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "momentum 反了"


class BatchNorm2d(solution.BatchNorm2d):
    @torch.no_grad()
    def update(self, mean, var):
        self.running_mean.lerp_(mean, 1 - self.momentum)
        self.running_var.lerp_(var, 1 - self.momentum)
