"""错：只转了第 0 对。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, halves_order  # noqa: F401

HINT = "只转了第 0 对"


def rope(x, positions, theta):
    angles = positions.float()
    if positions.dim() == 2:
        angles = angles.view(angles.shape[0], *[1] * (x.dim() - 3), angles.shape[1])
    a, b, rest = x[..., 0].float(), x[..., 1].float(), x[..., 2:]
    pair = torch.stack((a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()), dim=-1)
    return torch.cat((pair.to(x.dtype), rest), dim=-1)
