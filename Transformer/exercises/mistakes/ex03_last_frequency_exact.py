"""错：分母写成 C/2 - 1，像 tensor2tensor 那样。"""

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, shift_block  # noqa: F401

HINT = "那是 tensor2tensor 的写法"


def sinusoidal(length, d_model):
    half = d_model // 2
    omega = 10000.0 ** (-torch.arange(half) / max(1, half - 1))
    angles = torch.arange(length)[:, None] * omega
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
