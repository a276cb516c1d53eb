"""错：收了 mask，没有用。"""

import math

from Transformer.exercises.solutions.ex01_attention import causal_mask, combine_masks, padding_mask  # noqa: F401

HINT = "不能看的 key 还有权重"


def attention(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    weights = scores.softmax(dim=-1)
    return weights @ v, weights
