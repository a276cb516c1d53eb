"""错：斜率 1 - y² 里的 y 用成了输入 x。"""

import math

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "y 是 tanh 的输出"


class Value(solution.Value):
    def tanh(self):
        return Value(math.tanh(self.data), (self,), (1.0 - self.data**2,))
