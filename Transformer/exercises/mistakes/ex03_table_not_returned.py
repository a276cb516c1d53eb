"""错：忘了 return。"""

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, shift_block  # noqa: F401

HINT = "忘了 return"


def sinusoidal(length, d_model):
    omega = 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    angles = torch.arange(length)[:, None] * omega
    torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
