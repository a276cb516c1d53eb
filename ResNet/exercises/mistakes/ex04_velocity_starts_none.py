"""错：v 从 None 开始，第一步就拿来乘。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "第一步 v = g"


class SGD(solution.SGD):
    def direction(self, i, g):
        if self.momentum == 0:
            return g
        self.velocities[i] = self.momentum * self.velocities[i] + g
        return self.velocities[i]
