"""错：ε 加在根号外面。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "ε 在根号里面"


class BatchNorm2d(solution.BatchNorm2d):
    def normalize(self, x, mean, var):
        mean, var, weight, bias = (t.view(1, -1, 1, 1) for t in (mean, var, self.weight, self.bias))
        return weight * (x - mean) / (var.sqrt() + self.eps) + bias
