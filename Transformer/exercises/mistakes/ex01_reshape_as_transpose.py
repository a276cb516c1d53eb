"""错：用 reshape 冒充转置。"""

import math

from Transformer.exercises.solutions.ex01_attention import causal_mask, combine_masks, padding_mask  # noqa: F401

HINT = "reshape 只换形状，不换次序"


def attention(q, k, v, mask=None):
    scores = q @ k.reshape(*k.shape[:-2], k.shape[-1], k.shape[-2]) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1)
    return weights @ v, weights
