"""错：forward 算完没有 return。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "返回的是 NoneType，应当是 Tensor：忘了 return？"


class BatchNorm2d(solution.BatchNorm2d):
    def forward(self, x):
        super().forward(x)
