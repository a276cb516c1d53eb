"""ex05 的答案。"""

import math

import torch
from torch import Tensor


def length_penalty(log_prob: float, length: int, alpha: float) -> float:
    return log_prob / ((5 + length) / 6) ** alpha


def top_p_filter(probabilities: Tensor, p: float) -> Tensor:
    ordered, index = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(-1) - ordered  # 排在它前面的合计：还不够 p，它就要留
    keep = torch.zeros_like(probabilities, dtype=torch.bool).scatter(-1, index, before < p)  # 回到原来的次序
    kept = probabilities.masked_fill(~keep, 0.0)
    return kept / kept.sum(-1, keepdim=True)


def first_scores(batch: int, beam: int) -> Tensor:
    scores = torch.full((batch, beam), -math.inf)
    scores[:, 0] = 0.0
    return scores


def beam_step(scores: Tensor, log_probs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    B, K, V = log_probs.shape
    totals = (scores[:, :, None] + log_probs).view(B, K * V)  # (B, K, 1) + (B, K, V) -> (B, K·V)
    best, index = totals.topk(K, dim=1)
    return best, index // V, index % V


def reorder(cache: Tensor, parent: Tensor) -> Tensor:
    B, K = parent.shape
    rows = parent + K * torch.arange(B)[:, None]  # 句内的第几条 -> 批里的第几行
    return cache[rows.flatten()]


def cached_attention(
    q: Tensor, k: Tensor, v: Tensor, cache: tuple[Tensor, Tensor] | None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    if cache is not None:
        k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)  # (B, H, t, D) -> (B, H, t+1, D)
    weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(dim=-1)  # (B, H, 1, t+1)
    return weights @ v, (k, v)  # 新词是最后一个，看得见全部：不用掩码
