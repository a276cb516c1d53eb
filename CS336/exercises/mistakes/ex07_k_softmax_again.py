"""错：归一化又用了 softmax。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "归一化又用了 softmax"


def top_k(probs, k):
    order = probs.argsort(dim=-1, descending=True, stable=True)[..., :k]
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, True)
    kept = probs.masked_fill(~mask, 0.0)
    return kept.masked_fill(~mask, -torch.inf).softmax(-1)
