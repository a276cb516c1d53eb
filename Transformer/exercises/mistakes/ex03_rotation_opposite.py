"""错：旋转的方向反了。"""

import torch

from Transformer.exercises.solutions.ex03_positions import shift_block, sinusoidal  # noqa: F401

HINT = "转的方向反了：a' = a cos"


def tables(x, start):
    """(cos, sin)，各 (T, D/2)。"""
    T, D = x.shape[-2:]
    angles = torch.arange(start, start + T)[:, None] * 10000.0 ** (-torch.arange(0, D, 2) / D)
    return angles.cos(), angles.sin()


def rotate(x, start=0):
    cos, sin = tables(x, start)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos + b * sin, b * cos - a * sin], dim=-1).flatten(-2)
