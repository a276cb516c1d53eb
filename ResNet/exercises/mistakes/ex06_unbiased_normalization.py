"""错：归一化用了无偏方差。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "归一化用了无偏方差"


class BatchNorm2d(solution.BatchNorm2d):
    def forward(self, x):
        if not self.training:
            return super().forward(x)
        mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3))
        self.update(mean, var)
        return self.normalize(x, mean, var)
