"""错：挡住了 query 那一维。"""

from Transformer.exercises.solutions.ex01_attention import attention, causal_mask, combine_masks  # noqa: F401

HINT = "挡的是 key（最后一维）"


def padding_mask(tokens, pad=0):
    return (tokens != pad)[:, None, :, None]
