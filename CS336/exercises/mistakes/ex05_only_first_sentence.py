"""错：每句都用第 0 句的位置。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, halves_order  # noqa: F401

HINT = "每句都用了第 0 句的位置"


def rope(x, positions, theta):
    angles = (positions if positions.dim() == 1 else positions[0])[..., None].float() * frequencies(x.shape[-1], theta)
    a, b = x[..., 0::2].float(), x[..., 1::2].float()
    cos, sin = angles.cos(), angles.sin()
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2).to(x.dtype)
