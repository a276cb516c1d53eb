"""错：训练时也用滑动统计量归一化。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "减去的应当是这一批的均值"


class BatchNorm2d(solution.BatchNorm2d):
    def forward(self, x):
        if self.training:
            self.update(x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3)))
        return self.normalize(x, self.running_mean, self.running_var)
