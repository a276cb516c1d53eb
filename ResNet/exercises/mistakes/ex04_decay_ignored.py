"""错：收了 weight_decay，没有用。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "weight_decay 没有用上"


class SGD(solution.SGD):
    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                p.sub_(self.lr * self.direction(i, p.grad))
