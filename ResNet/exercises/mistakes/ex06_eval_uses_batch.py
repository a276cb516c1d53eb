"""错：推理时仍用当批的统计量。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "推理时用 running_mean 与 running_var"


class BatchNorm2d(solution.BatchNorm2d):
    def forward(self, x):
        mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=0)
        if self.training:
            self.update(mean, x.var(dim=(0, 2, 3)))
        return self.normalize(x, mean, var)
