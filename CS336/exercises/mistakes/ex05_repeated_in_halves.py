"""错：cos、sin 排成前后两半，配对却是相邻的。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, halves_order  # noqa: F401

HINT = "用 repeat_interleave(2)"


def rope(x, positions, theta):
    angles = positions[..., None].float() * frequencies(x.shape[-1], theta)
    if positions.dim() == 2:
        angles = angles.view(angles.shape[0], *[1] * (x.dim() - 3), *angles.shape[1:])
    angles, x32 = torch.cat((angles, angles), dim=-1), x.float()
    turned = torch.stack((-x32[..., 1::2], x32[..., 0::2]), dim=-1).flatten(-2)
    return (x32 * angles.cos() + turned * angles.sin()).to(x.dtype)
