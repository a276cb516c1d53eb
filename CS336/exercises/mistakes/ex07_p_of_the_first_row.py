"""错：每行用第 0 行的个数。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "每行各算各的"


def top_p(probs, p):
    ordered, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    mask = before.view(-1, probs.shape[-1])[0].expand_as(probs) < p
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, mask)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
