"""错：归一化除以了 p。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "不是 p"


def top_p(probs, p):
    ordered, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, before < p)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / p
