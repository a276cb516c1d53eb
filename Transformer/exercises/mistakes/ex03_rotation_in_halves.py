"""错：第 i 个通道与第 i + D/2 个配对。"""

import torch

from Transformer.exercises.solutions.ex03_positions import shift_block, sinusoidal  # noqa: F401

HINT = "你配的是第 i 与第 i + D/2 个"


def tables(x, start):
    """(cos, sin)，各 (T, D/2)。"""
    T, D = x.shape[-2:]
    angles = torch.arange(start, start + T)[:, None] * 10000.0 ** (-torch.arange(0, D, 2) / D)
    return angles.cos(), angles.sin()


def rotate(x, start=0):
    cos, sin = tables(x, start)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
