"""错：用 x.shape[1] 取位置的个数，有头的时候广播不了。"""

import torch

from Transformer.exercises.solutions.ex03_positions import shift_block, sinusoidal  # noqa: F401

HINT = "不写 x.shape[1]"


def tables(x, start):
    """(cos, sin)，各 (T, D/2)。"""
    T, D = x.shape[-2:]
    angles = torch.arange(start, start + T)[:, None] * 10000.0 ** (-torch.arange(0, D, 2) / D)
    return angles.cos(), angles.sin()


def rotate(x, start=0):
    T = x.shape[1] if x.dim() > 2 else x.shape[0]
    cos, sin = tables(x[..., :1, :].expand(*x.shape[:-2], T, x.shape[-1]), start)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)
