"""错：momentum 写死了。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "不要写死 0.1"


class BatchNorm2d(solution.BatchNorm2d):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, 0.1)
