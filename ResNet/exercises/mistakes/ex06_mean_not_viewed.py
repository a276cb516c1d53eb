"""错：均值、方差没有变形，落在了宽上。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "均值、方差算对了也要 view(1, C, 1, 1)"


class BatchNorm2d(solution.BatchNorm2d):
    def normalize(self, x, mean, var):
        x_hat = (x - mean) / (var + self.eps).sqrt()
        return self.weight.view(1, -1, 1, 1) * x_hat + self.bias.view(1, -1, 1, 1)
