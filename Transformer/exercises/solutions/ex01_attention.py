"""ex01 的答案。"""

import math

import torch
from torch import Tensor


def padding_mask(tokens: Tensor, pad: int = 0) -> Tensor:
    return (tokens != pad)[:, None, None, :]  # (B, S) -> (B, 1, 1, S)


def causal_mask(length: int) -> Tensor:
    return torch.ones(length, length, dtype=torch.bool).tril()  # 含对角线：自己也能看


def combine_masks(padding: Tensor, causal: Tensor) -> Tensor:
    return padding & causal  # (B, 1, 1, T) & (T, T) -> (B, 1, T, T)


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (..., T, D) @ (..., D, S) -> (..., T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)  # 先掩码再 softmax
    weights = scores.softmax(dim=-1)
    return weights @ v, weights
