"""错：少留了一个。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "少留了一个"


def top_k(probs, k):
    order = probs.argsort(dim=-1, descending=True, stable=True)[..., : max(k - 1, 1)]
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, True)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
