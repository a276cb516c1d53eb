"""错：动量写成了滑动平均。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "g 不乘 (1-μ)"


class SGD(solution.SGD):
    def direction(self, i, g):
        v = 0 if self.velocities[i] is None else self.velocities[i]
        self.velocities[i] = self.momentum * v + (1 - self.momentum) * g
        return self.velocities[i]
