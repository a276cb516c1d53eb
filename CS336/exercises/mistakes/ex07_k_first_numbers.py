"""错：留了编号最小的 k 个。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "不是概率最大的 k 个"


def top_k(probs, k):
    mask = torch.arange(probs.shape[-1]).expand_as(probs) < k
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
