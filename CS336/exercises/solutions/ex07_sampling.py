"""ex07 的答案。"""

import torch
from torch import Tensor


def keep(probs: Tensor, mask: Tensor) -> Tensor:
    """mask 为 True 的留下，重新归一化。"""
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)


def top_k(probs: Tensor, k: int) -> Tensor:
    order = probs.argsort(dim=-1, descending=True, stable=True)[..., :k]  # 稳定排序：一样大的，编号小的在前
    return keep(probs, torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, True))


def top_p(probs: Tensor, p: float) -> Tensor:
    ordered, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered  # 排在它前面的合计：还不够 p，它就要留；第一名前面是 0
    return keep(probs, torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, before < p))


def min_p(probs: Tensor, ratio: float) -> Tensor:
    return keep(probs, probs >= ratio * probs.amax(-1, keepdim=True))


def sample(logits: Tensor, temperature: float, p: float, generator: torch.Generator) -> Tensor:
    if temperature == 0:
        return logits.argmax(-1)
    probs = top_p((logits / temperature).softmax(-1), p)  # 先温度后过滤：反过来留下的词就与温度无关
    return torch.multinomial(probs, 1, generator=generator)[:, 0]  # (N, 1) -> (N,)
