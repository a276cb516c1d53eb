"""错：推理时漏了 ε。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "eval 时漏了 ε"


class BatchNorm2d(solution.BatchNorm2d):
    def normalize(self, x, mean, var):
        return super().normalize(x, mean, var if self.training else var - self.eps)
