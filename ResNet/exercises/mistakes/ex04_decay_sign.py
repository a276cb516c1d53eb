"""错：衰减的符号反了，参数被推离 0。"""

import torch

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "加号，把参数拉向 0"


class SGD(solution.SGD):
    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                p.sub_(self.lr * self.direction(i, p.grad - self.weight_decay * p))
