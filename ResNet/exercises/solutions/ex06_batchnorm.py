"""ex06 的答案。"""

import torch
from torch import Tensor, nn


class BatchNorm2d(nn.Module):
    """训练时用当批的统计量，推理时用攒下来的。"""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return self.normalize(x, self.running_mean, self.running_var)
        mean = x.mean(dim=(0, 2, 3))  # (N, C, H, W) -> (C,)
        var = x.var(dim=(0, 2, 3), correction=0)  # 有偏：除以 m
        self.update(mean, x.var(dim=(0, 2, 3)))  # 无偏：除以 m - 1
        return self.normalize(x, mean, var)

    def normalize(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        """每个通道减均值、除标准差、乘 γ 加 β；(C,) 要变成 (1, C, 1, 1) 才对着通道广播。"""
        mean, var, weight, bias = (t.view(1, -1, 1, 1) for t in (mean, var, self.weight, self.bias))
        return weight * (x - mean) / (var + self.eps).sqrt() + bias  # ε 在根号里面

    @torch.no_grad()  # 滑动统计量不求导：否则每一批的计算图都连在一起，内存一直涨
    def update(self, mean: Tensor, var: Tensor) -> None:
        self.running_mean.lerp_(mean, self.momentum)  # momentum 是新值的权重
        self.running_var.lerp_(var, self.momentum)
