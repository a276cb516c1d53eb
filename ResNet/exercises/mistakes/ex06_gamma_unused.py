"""错：建了 γ、β，没有用。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "γ、β 没有用上"


class BatchNorm2d(solution.BatchNorm2d):
    def normalize(self, x, mean, var):
        return (x - mean.view(1, -1, 1, 1)) / (var + self.eps).sqrt().view(1, -1, 1, 1)
