"""错：先 softmax，再清零。"""

import math

from Transformer.exercises.solutions.ex01_attention import causal_mask, combine_masks, padding_mask  # noqa: F401

HINT = "先掩码，再 softmax"


def attention(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    weights = scores.softmax(dim=-1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)
    return weights @ v, weights
