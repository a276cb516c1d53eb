"""ex06 的答案。"""

import torch
from torch import Tensor


def entropy(weights: Tensor) -> Tensor:
    return torch.special.entr(weights).sum(-1)  # entr(w) = -w ln w，entr(0) = 0


def span_mass(weights: Tensor, rows: list[int], columns: list[list[int]]) -> float:
    masses = [weights[row, span].sum() for row, span in zip(rows, columns)]
    return torch.stack(masses).mean().item()


def offset_score(weights: Tensor, offset: int) -> float:
    return weights.diagonal(offset).mean().item()  # 第 t 行第 t+offset 列


def rollout(layers: list[Tensor]) -> Tensor:
    total = torch.eye(layers[0].shape[-1])
    for weights in layers:
        mixed = 0.5 * (weights.mean(0) + torch.eye(len(total)))  # (H, T, T) -> (T, T)，每行之和是 1
        total = mixed @ total  # 后一层在左边
    return total


def zero_head(x: Tensor, num_heads: int, head: int) -> Tensor:
    D = x.shape[-1] // num_heads
    out = x.clone()
    out[..., head * D : (head + 1) * D] = 0
    return out
