"""错：返回排好序的。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "返回的是排好序的"


def top_k(probs, k):
    ordered = probs.sort(dim=-1, descending=True).values
    kept = ordered.masked_fill(torch.arange(probs.shape[-1]) >= k, 0.0)
    return kept / kept.sum(-1, keepdim=True)
