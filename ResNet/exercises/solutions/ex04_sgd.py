"""ex04 的答案。"""

from collections.abc import Iterable

import torch
from torch import nn


class SGD:
    """随机梯度下降，与 torch.optim.SGD 的定义相同。"""

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ):
        self.parameters = list(parameters)  # model.parameters() 是生成器，只能走一遍
        self.lr, self.momentum, self.weight_decay, self.nesterov = lr, momentum, weight_decay, nesterov
        self.velocities = [None] * len(self.parameters)

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self) -> None:
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                p.sub_(self.lr * self.direction(i, p.grad + self.weight_decay * p))

    def direction(self, i: int, g: torch.Tensor) -> torch.Tensor:
        """第 i 个参数这一步的方向 d，顺便更新它的 v。"""
        if self.momentum == 0:
            return g
        v = self.velocities[i]
        v = g.clone() if v is None else self.momentum * v + g
        self.velocities[i] = v
        return g + self.momentum * v if self.nesterov else v
