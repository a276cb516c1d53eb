"""ex05 的答案。"""

import torch
from torch import Tensor


def frequencies(head_dim: int, theta: float) -> Tensor:
    return theta ** -(torch.arange(0, head_dim, 2) / head_dim)  # arange 已经是 2i


def rope(x: Tensor, positions: Tensor, theta: float) -> Tensor:
    angles = positions[..., None].float() * frequencies(x.shape[-1], theta)  # (..., T, 1) · (D/2,) -> (..., T, D/2)
    if positions.dim() == 2:  # 批与 T 之间可能还有头：(B, T, D/2) -> (B, 1, T, D/2)
        angles = angles.view(angles.shape[0], *[1] * (x.dim() - 3), *angles.shape[1:])
    a, b = x[..., 0::2].float(), x[..., 1::2].float()  # (..., T, D) -> 两个 (..., T, D/2)
    cos, sin = angles.cos(), angles.sin()
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2).to(x.dtype)


def halves_order(head_dim: int) -> Tensor:
    return torch.cat((torch.arange(0, head_dim, 2), torch.arange(1, head_dim, 2)))
