"""错：第 i 个通道与第 i + D/2 个配对。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, halves_order  # noqa: F401

HINT = "你配的是第 i 与第 i + D/2 个"


def rope(x, positions, theta):
    angles = positions[..., None].float() * frequencies(x.shape[-1], theta)
    if positions.dim() == 2:
        angles = angles.view(angles.shape[0], *[1] * (x.dim() - 3), *angles.shape[1:])
    a, b = x.float().chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1).to(x.dtype)
