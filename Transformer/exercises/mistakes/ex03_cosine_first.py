"""错：sin 与 cos 放反了。"""

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, shift_block  # noqa: F401

HINT = "偶数通道是 sin"


def sinusoidal(length, d_model):
    omega = 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    angles = torch.arange(length)[:, None] * omega
    return torch.stack([angles.cos(), angles.sin()], dim=-1).flatten(1)
