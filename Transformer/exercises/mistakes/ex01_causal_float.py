"""错：返回的是 0 与 1，不是布尔。"""

import torch

from Transformer.exercises.solutions.ex01_attention import attention, combine_masks, padding_mask  # noqa: F401

HINT = "应当是 torch.bool"


def causal_mask(length):
    return torch.ones(length, length).tril()
