"""错：没有用参数 pad。"""

from Transformer.exercises.solutions.ex01_attention import attention, causal_mask, combine_masks  # noqa: F401

HINT = "不一定是 0"


def padding_mask(tokens, pad=0):
    return (tokens != 0)[:, None, None, :]
