"""错：整数除法，指数全是 0。"""

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, shift_block  # noqa: F401

HINT = "整数除法 //"


def sinusoidal(length, d_model):
    omega = 10000.0 ** -(torch.arange(0, d_model, 2) // d_model).float()
    angles = torch.arange(length)[:, None] * omega
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
