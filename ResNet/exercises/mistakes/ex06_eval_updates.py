"""错：推理时也更新滑动统计量。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "测试集的统计量漏进了模型"


class BatchNorm2d(solution.BatchNorm2d):
    def forward(self, x):
        y = super().forward(x)
        if not self.training:
            self.update(x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3)))
        return y
