"""优化：AdamW、余弦学习率、梯度裁剪。torch.optim 里只用 Optimizer 这个基类。

教什么：一阶矩、二阶矩、偏差修正；权重衰减与梯度分开；预热加余弦；按总长度裁剪。
不教什么：SGD 与动量（第 1 章笔记 3）。
对应笔记：`Transformer.md`；与 torch.optim.AdamW 的比较见 `tests/test_cs336_parts.py`。
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from CS336.Transformer.functional import at_least_float32


class AdamW(torch.optim.Optimizer):
    """Adam 加分离的权重衰减（Loshchilov & Hutter 2019, arXiv:1711.05101，算法 2）。

    与论文不同：衰减每步乘 1 - lr·λ，与 torch 一样；论文乘的是 1 - η·λ，η 只是日程的倍数，不含基准的学习率。
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        if lr < 0 or eps < 0 or weight_decay < 0 or not all(0 <= beta < 1 for beta in betas):
            received = f"lr={lr}、betas={betas}、eps={eps}、weight_decay={weight_decay}"
            raise ValueError(f"收到 {received}；lr、eps、weight_decay 不能是负数，betas 在 [0, 1) 里")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        """按梯度更新一步；closure 给了就先带着梯度调用它，返回它的损失。"""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self._update(p, group)
        return loss

    def _update(self, p: Tensor, group: dict) -> None:
        state = self.state[p]
        if not state:
            state["step"], state["m"], state["v"] = 0, torch.zeros_like(p), torch.zeros_like(p)
        state["step"] += 1
        t, (beta1, beta2) = state["step"], group["betas"]
        state["m"].lerp_(p.grad, 1 - beta1)  # m = β₁m + (1-β₁)g
        state["v"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)  # v = β₂v + (1-β₂)g²
        # m、v 从 0 开始，前几步偏小：除以 1-βᵗ。衰减不进 m、v：进了就会被 √v 除，梯度大的参数反而衰减得少
        p.mul_(1 - group["lr"] * group["weight_decay"])
        denominator = (state["v"] / (1 - beta2**t)).sqrt_().add_(group["eps"])
        p.addcdiv_(state["m"], denominator, value=-group["lr"] / (1 - beta1**t))


def cosine_lr(step: int, max_lr: float, min_lr: float, warmup_steps: int, total_steps: int) -> float:
    """第 step 步（从 0 数）的学习率：线性升到 max_lr，余弦降到 min_lr，之后不变（Loshchilov & Hutter 2017）。

    total_steps 是到达 min_lr 的那一步。

    >>> [round(cosine_lr(step, 1.0, 0.1, 2, 6), 3) for step in (0, 1, 2, 4, 6, 9)]
    [0.0, 0.5, 1.0, 0.55, 0.1, 0.1]
    """
    if step < warmup_steps:
        return max_lr * step / warmup_steps
    if step >= total_steps:
        return min_lr
    progress = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2


@torch.no_grad()
def clip_grad_norm_(parameters: Iterable[Tensor], max_norm: float, eps: float = 1e-6) -> Tensor:
    """全部梯度接成一个向量，长度超过 max_norm 就按比例缩短到它；返回原来的长度（标量张量）。

    >>> p = torch.nn.Parameter(torch.zeros(2))
    >>> p.grad = torch.tensor([3.0, 4.0])
    >>> clip_grad_norm_([p], 1.0), p.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    if isinstance(parameters, Tensor):  # 单个参数：遍历它得到的是一行一行，没有 .grad，什么都不会裁
        parameters = [parameters]
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return torch.zeros(())
    total = torch.stack([at_least_float32(grad).pow(2).sum() for grad in grads]).sum().sqrt()
    # 乘 min(1, ·) 而不是 if：不必等 GPU 把 total 传回来
    scale = (max_norm / (total + eps)).clamp(max=1.0)
    for grad in grads:
        grad.mul_(scale)
    return total
