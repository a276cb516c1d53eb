"""错：连自己也挡住了。"""

import torch

from Transformer.exercises.solutions.ex01_attention import attention, combine_masks, padding_mask  # noqa: F401

HINT = "自己也能看"


def causal_mask(length):
    return torch.ones(length, length, dtype=torch.bool).tril(-1)
