"""错：k 比词表大就报错。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "k 可以比词表大"


def top_k(probs, k):
    order = probs.argsort(dim=-1, descending=True, stable=True)[..., torch.arange(k)]
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, True)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
