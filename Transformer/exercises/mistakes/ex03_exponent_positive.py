"""错：指数的符号反了，频率从 1 涨到一万。"""

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, shift_block  # noqa: F401

HINT = "指数的符号反了"


def sinusoidal(length, d_model):
    omega = 10000.0 ** (torch.arange(0, d_model, 2) / d_model)
    angles = torch.arange(length)[:, None] * omega
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
