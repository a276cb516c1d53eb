"""错：就地改了 probs。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "改动了传进来的 probs"


def top_p(probs, p):
    ordered, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, before < p)
    kept = probs.masked_fill_(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
