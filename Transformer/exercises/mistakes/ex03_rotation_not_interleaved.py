"""错：相邻的两个配对，输出却拼成前后两半。"""

import torch

from Transformer.exercises.solutions.ex03_positions import shift_block, sinusoidal  # noqa: F401

HINT = "输出却排成了前后两半"


def tables(x, start):
    """(cos, sin)，各 (T, D/2)。"""
    T, D = x.shape[-2:]
    angles = torch.arange(start, start + T)[:, None] * 10000.0 ** (-torch.arange(0, D, 2) / D)
    return angles.cos(), angles.sin()


def rotate(x, start=0):
    cos, sin = tables(x, start)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
