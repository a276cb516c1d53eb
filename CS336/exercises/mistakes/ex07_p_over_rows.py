"""错：沿第 0 维排序。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "每行各算各的"


def top_p(probs, p):
    ordered, order = probs.sort(dim=0, descending=True, stable=True)
    before = ordered.cumsum(0) - ordered
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(0, order, before < p)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
