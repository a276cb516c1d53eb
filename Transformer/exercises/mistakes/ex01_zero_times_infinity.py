"""错：用乘法填 -inf。"""

import math

from Transformer.exercises.solutions.ex01_attention import causal_mask, combine_masks, padding_mask  # noqa: F401

HINT = "0·inf 是 nan"


def attention(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores - (~mask) * math.inf
    weights = scores.softmax(dim=-1)
    return weights @ v, weights
