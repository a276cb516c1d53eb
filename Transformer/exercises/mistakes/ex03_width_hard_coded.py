"""错：公式里的 C 写死成 8。"""

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, shift_block  # noqa: F401

HINT = "公式里写死了哪个数"


def sinusoidal(length, d_model):
    omega = 10000.0 ** (-torch.arange(0, d_model, 2) / 8)
    angles = torch.arange(length)[:, None] * omega
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
