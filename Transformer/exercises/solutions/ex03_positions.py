"""ex03 的答案。"""

import math

import torch
from torch import Tensor


def sinusoidal(length: int, d_model: int) -> Tensor:
    omega = 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)  # (C/2,)：1 到约 1/10000
    angles = torch.arange(length)[:, None] * omega  # (T, 1) * (C/2,) -> (T, C/2)
    table = torch.empty(length, d_model)
    table[:, 0::2] = angles.sin()  # 偶数通道
    table[:, 1::2] = angles.cos()  # 奇数通道
    return table


def shift_block(k: float, omega: float) -> Tensor:
    c, s = math.cos(k * omega), math.sin(k * omega)
    # sin(a+b) = cos b · sin a + sin b · cos a；cos(a+b) = -sin b · sin a + cos b · cos a
    return torch.tensor([[c, s], [-s, c]])


def rotate(x: Tensor, start: int = 0) -> Tensor:
    T, D = x.shape[-2:]
    omega = 10000.0 ** (-torch.arange(0, D, 2) / D)  # (D/2,)
    angles = torch.arange(start, start + T)[:, None] * omega  # (T, D/2)
    a, b = x[..., 0::2], x[..., 1::2]  # (..., T, D) -> 两个 (..., T, D/2)
    pairs = [a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()]
    return torch.stack(pairs, dim=-1).flatten(-2)  # (..., T, D/2, 2) -> (..., T, D)
