"""错：所有参数共用一个速度（形状不同时先拿形状相同的）。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "两个参数共用了一个 v"


class SGD(solution.SGD):
    def direction(self, i, g):
        if self.momentum == 0:
            return g
        self.shared = getattr(self, "shared", {})  # 以形状为键：两个同形的参数撞在一起
        v = self.shared.get(g.shape)
        self.shared[g.shape] = v = g.clone() if v is None else self.momentum * v + g
        return g + self.momentum * v if self.nesterov else v
