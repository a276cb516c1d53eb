"""错：直接乘 1 - λ，衰减没有乘学习率。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "衰减没有乘 lr"


class SGD(solution.SGD):
    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                p.mul_(1 - self.weight_decay)
                p.sub_(self.lr * self.direction(i, p.grad))
