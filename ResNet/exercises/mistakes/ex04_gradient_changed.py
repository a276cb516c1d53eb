"""错：衰减就地加进 p.grad。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "step 改了 p.grad"


class SGD(solution.SGD):
    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                g = p.grad
                g += self.weight_decay * p
                p.sub_(self.lr * self.direction(i, g))
