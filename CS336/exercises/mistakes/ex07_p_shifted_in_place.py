"""错：右移一格时一边读一边写同一块内存。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "右边要先 .clone()"


def top_p(probs, p):
    ordered, order = probs.sort(dim=-1, descending=True, stable=True)
    keep = ordered.cumsum(-1) < p
    keep[..., 1:] = keep[..., :-1]
    keep[..., 0] = True
    kept = probs * torch.zeros_like(keep).scatter(-1, order, keep)
    return kept / kept.sum(-1, keepdim=True)
