"""错：sin 全放前一半，cos 全放后一半。"""

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, shift_block  # noqa: F401

HINT = "不是前一半后一半"


def sinusoidal(length, d_model):
    omega = 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    angles = torch.arange(length)[:, None] * omega
    return torch.cat([angles.sin(), angles.cos()], dim=1)
