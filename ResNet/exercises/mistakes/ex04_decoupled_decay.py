"""错：衰减不进动量，最后单独减（AdamW 的写法）。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "衰减先加进 g，再进动量"


class SGD(solution.SGD):
    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                p.sub_(self.lr * (self.direction(i, p.grad) + self.weight_decay * p))
