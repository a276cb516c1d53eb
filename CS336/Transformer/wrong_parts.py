"""反例的零件：写错的 softmax、归一化、优化器、目标、旋转，与 `pitfalls.py` 一起用。

教什么：每种错只错一处，其余与正确的相同。
不教什么：正确的写法（`functional.py` `layers.py` `optimizer.py` `rope.py`）。
对应笔记：`Transformer.md` 的「常见错误」。
"""

import torch
from torch import Tensor

from CS336.Transformer.functional import softmax
from CS336.Transformer.layers import RMSNorm
from CS336.Transformer.optimizer import AdamW
from CS336.Transformer.rope import RotaryEmbedding


def softmax_without_max(x: Tensor) -> Tensor:
    """错：不减最大值，exp 溢出，inf / inf 是 nan。"""
    powers = x.exp()
    return powers / powers.sum(-1, keepdim=True)


def cross_entropy_through_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    """错：先取概率再取对数，小的概率变成 0，log 0 是 -inf。"""
    chosen = softmax(logits).gather(-1, targets.unsqueeze(-1)).squeeze(-1)  # (..., V) -> (..., 1) -> (...)
    return -chosen.log().mean()


def norm_eps_outside(x: Tensor, eps: float = 1e-5) -> Tensor:
    """错：ε 加在根号外面；根号在 0 处的导数是无穷大。"""
    return x / (x.pow(2).mean(-1, keepdim=True).sqrt() + eps)


def norm_without_upcast(x: Tensor, eps: float = 1e-5) -> Tensor:
    """错：平方与求和都在 16 位里。"""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


def norm_right(x: Tensor, eps: float = 1e-5) -> Tensor:
    """对：RMSNorm，增益是 1。"""
    return RMSNorm(x.shape[-1], eps)(x)


class AdamCoupled(AdamW):
    """错：衰减加进梯度（L2 正则），于是也进了两个矩，被 √v 除掉。"""

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                p.grad.add_(p, alpha=group["weight_decay"])
            decay, group["weight_decay"] = group["weight_decay"], 0.0
            for p in group["params"]:
                self._update(p, group)
            group["weight_decay"] = decay


def shifted_targets(rows: Tensor) -> tuple[Tensor, Tensor]:
    """对：目标是下一个词。rows (B, T+2) -> 两个 (B, T)。"""
    return rows[:, :-2], rows[:, 1:-1]


def unshifted_targets(rows: Tensor) -> tuple[Tensor, Tensor]:
    """错：目标就是输入，抄一遍损失就是 0。"""
    return rows[:, :-2], rows[:, :-2]


def targets_two_ahead(rows: Tensor) -> tuple[Tensor, Tensor]:
    """错：错开了两位（数据错开一次，损失里又错开一次）。"""
    return rows[:, :-2], rows[:, 2:]


class HalfRotary(RotaryEmbedding):
    """transformers 的 Llama 的配对：第 i 个通道与第 i + D/2 个。单独用没有错，与相邻配对的权重混用就错。"""

    def forward(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        T, half = x.shape[-2], x.shape[-1] // 2
        places = slice(T) if positions is None else positions
        cos, sin = self.cos[places], self.sin[places]
        first, second = x[..., :half], x[..., half:]  # (..., T, D) -> 两个 (..., T, D/2)
        return torch.cat((first * cos - second * sin, first * sin + second * cos), dim=-1)  # -> (..., T, D)
