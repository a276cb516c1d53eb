"""错：True 标的是不能看的（照了 torch 的 attn_mask）。"""

import torch

from Transformer.exercises.solutions.ex01_attention import attention, combine_masks, padding_mask  # noqa: F401

HINT = "每一格都反了"


def causal_mask(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)
