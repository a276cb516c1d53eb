"""ex04 SGD：动量、权重衰减、Nesterov，照 torch 的定义写。

级别：补全。先读：`3_training.md`。
检查：`pytest ResNet/exercises/check_ex04.py`
"""

from collections.abc import Iterable

from torch import nn


class SGD:
    """每一步，对每个有梯度的参数 θ（梯度 g，学习率 lr，动量 μ，权重衰减 λ）：

        g <- g + λ θ                   衰减加进梯度，先于动量
        v <- μ v + g                   第一步 v = g；μ = 0 时没有 v，直接用 g
        d = g + μ v（Nesterov）或 v
        θ <- θ - lr d                  lr 在 v 的外面：改了 lr，旧的 v 不变

    每个参数有自己的 v。没有梯度（grad 是 None）的参数不动。`lr` 是公开属性，日程会在两步之间改它。

    >>> import torch
    >>> w = nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = SGD([w], lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     w.grad = torch.tensor([1.0])
    ...     optimizer.step()  # v 先是 1，再是 0.9·1 + 1 = 1.9
    ...     print(round(w.item(), 4))
    0.9
    0.71
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ):
        raise NotImplementedError

    def zero_grad(self) -> None:
        """清掉旧梯度：把每个参数的 grad 设成 None。"""
        raise NotImplementedError

    def step(self) -> None:
        """走一步。更新不进计算图（torch.no_grad），而且就地改参数：模型手里的是同一个张量。"""
        raise NotImplementedError
