"""错：第一步把 grad 张量本身存成 v，之后就地更新。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "存 g.clone()"


class SGD(solution.SGD):
    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                g = p.grad + self.weight_decay * p if self.weight_decay else p.grad
                p.sub_(self.lr * self.direction(i, g))

    def direction(self, i, g):
        if self.momentum == 0:
            return g
        v = self.velocities[i]
        self.velocities[i] = v = g if v is None else v.mul_(self.momentum).add_(g)
        return g + self.momentum * v if self.nesterov else v
