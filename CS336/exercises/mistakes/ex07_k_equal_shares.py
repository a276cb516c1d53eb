"""错：留下的都一样了。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "概率要保持原来的比例"


def top_k(probs, k):
    order = probs.argsort(dim=-1, descending=True, stable=True)[..., :k]
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, True)
    kept = mask.float()
    return kept / kept.sum(-1, keepdim=True)
