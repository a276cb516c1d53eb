"""错：算完没有 return。"""

from Transformer.exercises.solutions.ex01_attention import attention, causal_mask, combine_masks  # noqa: F401

HINT = "忘了 return"


def padding_mask(tokens, pad=0):
    (tokens != pad)[:, None, None, :]  # noqa: B018
