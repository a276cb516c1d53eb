"""位置：正弦编码、可学的编码，以及第 4 章会用的旋转编码（RoPE）。

教什么：注意力本身不知道次序；正弦编码怎样让「向后移 k 个位置」成为一次旋转；RoPE 把这个旋转搬进注意力里。
不教什么：长度外推的各种改法（ALiBi、NTK、YaRN）。
对应笔记：`2_positions.md`；与定义逐项比较见 `tests/test_transformer_parts.py`。
"""

import math

import torch
from torch import Tensor, nn


def frequencies(d_model: int, base: float = 10000.0) -> Tensor:
    """各对通道的角频率 ω_i = base^(-2i/C)，形状 (C/2,)：从 1 降到约 1/base。

    >>> frequencies(4)
    tensor([1.0000, 0.0100])
    """
    if d_model % 2:
        raise ValueError(f"d_model={d_model} 必须是偶数：每个频率占 sin、cos 两个通道。试试 {d_model + 1}")
    return torch.exp(torch.arange(0, d_model, 2) * (-math.log(base) / d_model))


def sinusoidal(length: int, d_model: int) -> Tensor:
    """正弦位置编码 (T, C)：偶数通道 sin(t ω_i)，奇数通道 cos(t ω_i)    式 (2.1)（论文 3.5）

    >>> sinusoidal(2, 4)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    angles = torch.arange(length)[:, None] * frequencies(d_model)  # (T, 1) * (C/2,) -> (T, C/2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (T, C/2, 2) -> (T, C)，两两交错


def shift_matrix(k: float, d_model: int) -> Tensor:
    """矩阵 M_k (C, C)：`sinusoidal(...)[t + k] = M_k @ sinusoidal(...)[t]`，对每个 t 都成立    式 (2.2)"""
    M = torch.zeros(d_model, d_model)
    for i, w in enumerate(frequencies(d_model).tolist()):
        c, s = math.cos(k * w), math.sin(k * w)
        # sin(a+b) = cos b · sin a + sin b · cos a；cos(a+b) = -sin b · sin a + cos b · cos a
        M[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor([[c, s], [-s, c]])
    return M


class SinusoidalPositions(nn.Module):
    """给 (B, T, C) 加上固定的正弦编码。表不是参数，也不进 state_dict：随时能重算。"""

    def __init__(self, max_length: int, d_model: int):
        super().__init__()
        self.register_buffer("table", sinusoidal(max_length, d_model), persistent=False)

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        T = x.shape[1]
        if start + T > len(self.table):
            raise ValueError(f"位置到了 {start + T}，表只有 {len(self.table)} 行；截短句子，或加大 max_length")
        return x + self.table[start : start + T]  # (B, T, C) + (T, C)


class LearnedPositions(nn.Module):
    """给 (B, T, C) 加上可学的位置向量：与词向量一样训练，没见过的位置没有意义。

    std 默认 √½，与正弦编码一样大（每对通道 sin² + cos² = 1）：词向量乘过 √C，标准差 0.02 的位置会被盖住，见笔记的反例。
    """

    def __init__(self, max_length: int, d_model: int, std: float = math.sqrt(0.5)):
        super().__init__()
        self.table = nn.Parameter(torch.empty(max_length, d_model).normal_(std=std))

    forward = SinusoidalPositions.forward


class NoPositions(nn.Module):
    """什么都不加：消融实验用。"""

    def __init__(self, max_length: int, d_model: int):
        super().__init__()

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        return x


POSITIONS = {"sinusoidal": SinusoidalPositions, "learned": LearnedPositions, "none": NoPositions}


def rotate(x: Tensor, start: int = 0) -> Tensor:
    """旋转编码（RoPE，Su et al. 2021）：第 t 个位置的每对通道转 t ω_i 角，形状不变 (..., T, D)。

    用在 q 与 k 上，于是 q_t · k_s 只取决于 t - s：内容不变时，整句平移不改变注意力。

    >>> rotate(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    tensor([[1.0000, 0.0000],
            [0.5403, 0.8415]])
    """
    T, D = x.shape[-2:]
    angles = torch.arange(start, start + T, device=x.device)[:, None] * frequencies(D).to(x.device)  # (T, D/2)
    a, b = x[..., 0::2], x[..., 1::2]  # (..., T, D) -> 两个 (..., T, D/2)
    rotated = [a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()]
    return torch.stack(rotated, dim=-1).flatten(-2)  # (..., T, D/2, 2) -> (..., T, D)


def rotate_halves(x: Tensor, start: int = 0) -> Tensor:
    """另一种排列（GPT-NeoX、transformers 库的 Llama）：第 i 个通道与第 i + D/2 个配对，而不是相邻的两个。"""
    T, D = x.shape[-2:]
    angles = torch.arange(start, start + T, device=x.device)[:, None] * frequencies(D).to(x.device)
    a, b = x.chunk(2, dim=-1)  # (..., T, D) -> 两个 (..., T, D/2)
    return torch.cat([a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()], dim=-1)


def halves_order(D: int) -> Tensor:
    """交错排列的通道改排成前后两半：先偶数号，再奇数号。

    >>> halves_order(6).tolist()
    [0, 2, 4, 1, 3, 5]
    """
    return torch.cat([torch.arange(0, D, 2), torch.arange(1, D, 2)])
