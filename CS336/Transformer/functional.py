"""没有参数的零件：softmax、SiLU、点积注意力、交叉熵，只用加减乘除、开方、exp、log 与矩阵乘。

教什么：softmax 与交叉熵为什么要先减最大值；布尔掩码；交叉熵不经过 softmax。
不教什么：有参数的零件（`layers.py`）、为什么除以 √D（第 2 章笔记 1）、分块的注意力（`Outlook/`）。
对应笔记：`Transformer.md`；与 torch 的比较见 `tests/test_cs336_parts.py`。
"""

import math

import torch
from torch import Tensor


def at_least_float32(x: Tensor) -> Tensor:
    """16 位的升到 float32；float32 与 float64 原样返回。平方、求和、旋转在这样的精度里算，再存回 16 位。"""
    if not x.is_floating_point():  # 整数算完再变回整数，小数部分就丢了，也不报错
        raise ValueError(f"输入是 {x.dtype}，要浮点数：写 3.0 而不是 3，或者 x.float()")
    return x.to(torch.promote_types(x.dtype, torch.float32))


def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """exp(xᵢ) / Σⱼ exp(xⱼ)，沿 dim 那一维；形状不变。

    >>> softmax(torch.tensor([1000.0, 1000.0]))
    tensor([0.5000, 0.5000])
    """
    # 分子分母同除以 exp(最大值)，结果不变；不减的话 exp(1000) 是 inf，inf / inf 是 nan
    # 结果与减去的数无关，所以它的梯度恰好是 0：detach 省去反向里的一趟计算
    powers = (x - x.detach().amax(dim, keepdim=True)).exp()
    return powers / powers.sum(dim, keepdim=True)


def silu(x: Tensor) -> Tensor:
    """x · σ(x)，逐元素（Hendrycks & Gimpel 2016；Elfwing et al. 2017）。

    >>> silu(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7311])
    """
    return x * torch.sigmoid(x)


def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """softmax(q kᵀ / √D) v    （Vaswani et al. 2017，式 1）

    query (..., T, D)，key (..., S, D)，value (..., S, Dᵥ) -> (..., T, Dᵥ)。
    mask 是布尔的，能广播到 (..., T, S)，True 是能看；每行至少要有一个 True，否则那一行没有定义（nan）。

    >>> q, k = torch.tensor([[1.0, 0.0]]), torch.eye(2)
    >>> scaled_dot_product_attention(q, k, k)
    tensor([[0.6698, 0.3302]])
    """
    if mask is not None and mask.dtype != torch.bool:
        raise ValueError(f"mask 是 {mask.dtype}，要布尔的：True 是能看；0/1 写 mask.bool()")
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (..., T, D) @ (..., D, S) -> (..., T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)  # 先掩码再 softmax：反过来每行之和就不是 1
    return softmax(scores) @ value  # (..., T, S) @ (..., S, Dᵥ) -> (..., T, Dᵥ)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """-log softmax(logits)[target]，对所有位置求平均；单位是 nat。

    logits (..., V)，targets (...) 是 0..V-1 的整数 -> 标量；16 位的 logits 在 float32 里算，返回 float32。

    >>> cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))  # 什么都不知道：ln 4
    tensor(1.3863)
    """
    if targets.shape != logits.shape[:-1]:  # 不查的话会广播，悄悄算出另一个数
        raise ValueError(f"targets 是 {tuple(targets.shape)}，要与 logits {tuple(logits.shape)} 去掉最后一维相同")
    # -log(exp(oₜ)/Σexp(oⱼ)) = log Σexp(oⱼ) - oₜ：log 与 exp 在纸上先消掉，概率再小也不会变成 log 0
    logits = at_least_float32(logits)  # 16 位的数上万个相加，误差看得见
    largest = logits.detach().amax(-1, keepdim=True)  # (..., V) -> (..., 1)
    log_sum = (logits - largest).exp().sum(-1).log() + largest.squeeze(-1)  # (..., V) -> (...)
    chosen = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)  # (..., V) -> (..., 1) -> (...)
    return (log_sum - chosen).mean()
