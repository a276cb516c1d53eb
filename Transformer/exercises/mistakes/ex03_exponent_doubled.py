"""错：arange(0, C, 2) 已经是 2i，又乘了一次 2。"""

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, shift_block  # noqa: F401

HINT = "再乘 2 就多了"


def sinusoidal(length, d_model):
    omega = 10000.0 ** (-2 * torch.arange(0, d_model, 2) / d_model)
    angles = torch.arange(length)[:, None] * omega
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
