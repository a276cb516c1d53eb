"""错：写了 Python 的 and。"""

from Transformer.exercises.solutions.ex01_attention import attention, causal_mask, padding_mask  # noqa: F401

HINT = "逐格的与写 &，不写 and"


def combine_masks(padding, causal):
    return padding and causal
