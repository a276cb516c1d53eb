"""错：填充的维放到了 query 上。"""

from Transformer.exercises.solutions.ex01_attention import attention, causal_mask, padding_mask  # noqa: F401

HINT = "广播之后逐格取与"


def combine_masks(padding, causal):
    return padding.transpose(-2, -1) & causal
