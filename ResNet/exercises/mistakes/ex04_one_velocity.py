"""错：优化器只有一个 v，不是每个参数一个。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "每个参数有自己的 v"


class SGD(solution.SGD):
    v = 0.0

    def direction(self, i, g):
        if self.momentum == 0:
            return g
        self.v = self.momentum * self.v + g
        return g + self.momentum * self.v if self.nesterov else self.v
