"""错：torch 的 var 已经是无偏的，又乘了一次 m / (m - 1)。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "修正了两次"


class BatchNorm2d(solution.BatchNorm2d):
    def forward(self, x):
        if not self.training:
            return super().forward(x)
        mean, var, m = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3)), x[:, 0].numel()
        self.update(mean, var * m / (m - 1))
        return self.normalize(x, mean, var * (m - 1) / m)
