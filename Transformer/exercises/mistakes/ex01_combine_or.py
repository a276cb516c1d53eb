"""错：一个允许就算能看。"""

from Transformer.exercises.solutions.ex01_attention import attention, causal_mask, padding_mask  # noqa: F401

HINT = "两个都允许才算能看"


def combine_masks(padding, causal):
    return padding | causal
