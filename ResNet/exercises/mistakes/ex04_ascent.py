"""错：加上梯度，成了上升。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "下降是减去 lr·g"


class SGD(solution.SGD):
    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                p.add_(self.lr * self.direction(i, p.grad + self.weight_decay * p))
