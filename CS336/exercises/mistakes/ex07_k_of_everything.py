"""错：全部行一起取前 k 个。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "每行各算各的"


def top_k(probs, k):
    order = probs.flatten().argsort(descending=True, stable=True)[:k]
    mask = torch.zeros(probs.numel(), dtype=torch.bool).scatter(0, order, True).view_as(probs)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
