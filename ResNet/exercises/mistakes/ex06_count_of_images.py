"""错：无偏修正的 m 只数了图，没数像素。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "不是只有 N"


class BatchNorm2d(solution.BatchNorm2d):
    def forward(self, x):
        if not self.training:
            return super().forward(x)
        mean, var, m = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=0), len(x)
        self.update(mean, var * m / (m - 1))
        return self.normalize(x, mean, var)
