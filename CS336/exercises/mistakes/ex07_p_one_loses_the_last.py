"""错：p 截在 0.85。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "p = 1 一个都不丢"


def top_p(probs, p):
    ordered, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, before < min(p, 0.85))
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
