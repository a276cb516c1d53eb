"""错：lr 乘进了速度。lr 不变时看不出来，日程一动就不同。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "v 里不含 lr"


class SGD(solution.SGD):
    def direction(self, i, g):
        return super().direction(i, self.lr * g) / self.lr
