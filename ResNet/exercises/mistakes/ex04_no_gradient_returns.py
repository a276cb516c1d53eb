"""错：遇到没有梯度的参数就 return，后面的都不更新。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "用 continue，不用 return"


class SGD(solution.SGD):
    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is None:
                return
            p.sub_(self.lr * self.direction(i, p.grad + self.weight_decay * p))
