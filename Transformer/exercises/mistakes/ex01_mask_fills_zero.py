"""错：不能看的分数填 0。"""

import math

from Transformer.exercises.solutions.ex01_attention import causal_mask, combine_masks, padding_mask  # noqa: F401

HINT = "填 0 的话 e⁰ = 1"


def attention(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, 0.0)
    weights = scores.softmax(dim=-1)
    return weights @ v, weights
