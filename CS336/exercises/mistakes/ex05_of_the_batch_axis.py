"""错：位置沿了第 0 维：那里是句子。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, halves_order  # noqa: F401

HINT = "位置沿了第 0 维"


def rope(x, positions, theta):
    angles = positions[..., None].float() * frequencies(x.shape[-1], theta)
    angles = angles.view(len(angles), *[1] * (x.dim() - angles.dim()), *angles.shape[1:])
    a, b = x[..., 0::2].float(), x[..., 1::2].float()
    cos, sin = angles.cos(), angles.sin()
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2).to(x.dtype)
