"""错：越过界线的那一个没有留。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "越过 p 的那一个也要留"


def top_p(probs, p):
    ordered, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1)
    mask = torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order, (before <= p) | (before == before[..., :1]))
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
