"""错：一样大的留了编号大的。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "一样大的留了编号大的"


def top_k(probs, k):
    order = probs.argsort(dim=-1, stable=True)[..., -k:]
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, True)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
