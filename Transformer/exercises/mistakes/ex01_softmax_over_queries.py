"""错：softmax 沿 query 那一维。"""

import math

from Transformer.exercises.solutions.ex01_attention import causal_mask, combine_masks, padding_mask  # noqa: F401

HINT = "沿 query 那一维"


def attention(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-2)
    return weights @ v, weights
