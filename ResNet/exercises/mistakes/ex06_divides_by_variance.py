"""错：除以方差，忘了开根号。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "除的是标准差"


class BatchNorm2d(solution.BatchNorm2d):
    def normalize(self, x, mean, var):
        mean, var, weight, bias = (t.view(1, -1, 1, 1) for t in (mean, var, self.weight, self.bias))
        return weight * (x - mean) / (var + self.eps) + bias
