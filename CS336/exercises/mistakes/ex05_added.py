"""错：加上了位置编码，没有旋转。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, halves_order  # noqa: F401

HINT = "旋转是乘"


def rope(x, positions, theta):
    angles = positions[..., None].float() * frequencies(x.shape[-1], theta)
    if positions.dim() == 2:
        angles = angles.view(angles.shape[0], *[1] * (x.dim() - 3), *angles.shape[1:])
    return (x + torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)).to(x.dtype)
