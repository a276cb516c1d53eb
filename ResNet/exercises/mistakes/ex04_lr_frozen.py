"""错：学习率另存了一份，日程改 self.lr 没有用。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "每一步都读 self.lr"


class SGD(solution.SGD):
    def __init__(self, parameters, lr, momentum=0.0, weight_decay=0.0, nesterov=False):
        super().__init__(parameters, lr, momentum, weight_decay, nesterov)
        self.step_size = lr

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                p.sub_(self.step_size * self.direction(i, p.grad + self.weight_decay * p))
