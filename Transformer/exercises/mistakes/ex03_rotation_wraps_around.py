"""错：位置对 16 取余，远处的位置又从头转起。"""

import torch

from Transformer.exercises.solutions.ex03_positions import shift_block, sinusoidal  # noqa: F401

HINT = "都往后移 30，分数变了"


def rotate(x, start=0):
    T, D = x.shape[-2:]
    omega = 10000.0 ** (-torch.arange(0, D, 2) / D)
    angles = (torch.arange(start, start + T) % 16)[:, None] * omega
    a, b = x[..., 0::2], x[..., 1::2]
    rotated = [a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()]
    return torch.stack(rotated, dim=-1).flatten(-2)
