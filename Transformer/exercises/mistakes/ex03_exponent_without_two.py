"""错：指数写成 -i/C，少了 2。"""

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, shift_block  # noqa: F401

HINT = "你用的是 -i/C"


def sinusoidal(length, d_model):
    omega = 10000.0 ** (-torch.arange(d_model // 2) / d_model)
    angles = torch.arange(length)[:, None] * omega
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
