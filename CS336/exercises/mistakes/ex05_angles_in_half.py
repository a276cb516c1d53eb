"""错：角在半精度里算。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, halves_order  # noqa: F401

HINT = "角 p·ω 在 float32 里算"


def rope(x, positions, theta):
    angles = positions[..., None] * frequencies(x.shape[-1], theta).to(x.dtype)
    if positions.dim() == 2:
        angles = angles.view(angles.shape[0], *[1] * (x.dim() - 3), *angles.shape[1:])
    a, b = x[..., 0::2].float(), x[..., 1::2].float()
    cos, sin = angles.float().cos(), angles.float().sin()
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2).to(x.dtype)
