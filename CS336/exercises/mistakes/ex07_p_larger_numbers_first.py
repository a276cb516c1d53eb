"""错：升序排了再翻转。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "别升序排了再翻转"


def top_p(probs, p):
    ordered, order = (x.flip(-1) for x in probs.sort(dim=-1, stable=True))
    before = ordered.cumsum(-1) - ordered
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, before < p)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
