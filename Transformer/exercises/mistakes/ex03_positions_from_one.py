"""错：位置从 1 数。"""

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, shift_block  # noqa: F401

HINT = "位置从 0 数，不是从 1 数"


def sinusoidal(length, d_model):
    omega = 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    angles = torch.arange(1, length + 1)[:, None] * omega
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
