"""错：每对都用同一个频率。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, halves_order  # noqa: F401

HINT = "每对都用了同一个频率"


def rope(x, positions, theta):
    angles = positions[..., None].float() * torch.ones(x.shape[-1] // 2)
    if positions.dim() == 2:
        angles = angles.view(angles.shape[0], *[1] * (x.dim() - 3), *angles.shape[1:])
    a, b = x[..., 0::2].float(), x[..., 1::2].float()
    cos, sin = angles.cos(), angles.sin()
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2).to(x.dtype)
