"""错：先走一步，再乘 1 - ηλ，衰减用的是走完之后的 θ。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "衰减用了走完之后的 θ"


class SGD(solution.SGD):
    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                p.sub_(self.lr * self.direction(i, p.grad))
                p.mul_(1 - self.lr * self.weight_decay)
