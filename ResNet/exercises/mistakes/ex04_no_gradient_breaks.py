"""错：没有检查 grad 是不是 None。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "没有梯度的跳过"


class SGD(solution.SGD):
    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            p.sub_(self.lr * self.direction(i, p.grad + self.weight_decay * p))
