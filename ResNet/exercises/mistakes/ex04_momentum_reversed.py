"""错：μ 乘在新的梯度上，旧的速度原样保留。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "μ 乘的是旧的 v，不是新的 g"


class SGD(solution.SGD):
    def direction(self, i, g):
        if self.momentum == 0:
            return g
        v = self.velocities[i]
        self.velocities[i] = g.clone() if v is None else v + self.momentum * g
        return self.velocities[i]
