"""错：out[i] = v 取的是第 0 维的行，一行概率时碰巧对。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "取的是第 0 维的行"


def top_k(probs, k):
    order = probs.argsort(dim=-1, descending=True, stable=True)[..., :k]
    out = torch.zeros_like(probs)
    out[order] = probs.gather(-1, order)
    return out / out.sum(-1, keepdim=True)
