"""错：算了 v，没有存下来。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "留到下一步"


class SGD(solution.SGD):
    def direction(self, i, g):
        v = 0.0 if self.velocities[i] is None else self.velocities[i]
        v = self.momentum * v + g
        return g + self.momentum * v if self.nesterov else v
