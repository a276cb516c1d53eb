"""旋转位置编码 RoPE（Su et al. 2021, arXiv:2104.09864，3.2.2 节；算法在 3.4.2 节）。

教什么：每两个相邻的通道看成平面上的一个向量，按位置转一个角度；转完之后点积只与位置之差有关。
不教什么：正弦编码与平移性质的推导（第 2 章笔记 2）、长上下文的外推。
约定：配对是相邻的 (0,1)(2,3)…，与论文相同。transformers 的 Llama 把前一半与后一半配对，换权重时要重排（`convert.py`）。
对应笔记：`Transformer.md`。
"""

import torch
from torch import Tensor, nn

from CS336.Transformer.functional import at_least_float32


class RotaryEmbedding(nn.Module):
    """把 x (..., T, D) 按位置旋转，形状不变。

    head_dim D 必须是偶数；max_seq_len 是表的长度；第 i 对通道在位置 p 转的角度是 p · theta^(-2i/D)（弧度）。
    没有参数，也不进 state_dict：表由这几个数算得出来。几个块可以共用一个。

    >>> rope = RotaryEmbedding(2, 8)
    >>> rope(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))  # 位置 0 不转，位置 1 转 1 弧度：cos 1、sin 1
    tensor([[1.0000, 0.0000],
            [0.5403, 0.8415]])
    """

    def __init__(self, head_dim: int, max_seq_len: int, theta: float = 10000.0, device=None):
        super().__init__()
        if head_dim % 2:
            raise ValueError(
                f"head_dim={head_dim} 必须是偶数：通道两个一对地旋转；试试 {head_dim + 1}"
                "（多头时 head_dim 是 d_model/num_heads）"
            )
        pairs = torch.arange(0, head_dim, 2, device=device)  # 2i = 0, 2, 4, ...  (D/2,)
        frequencies = theta ** -(pairs.float() / head_dim)
        angles = torch.arange(max_seq_len, device=device).float()[:, None] * frequencies  # (max_seq_len, D/2)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        """x (..., T, D)；positions 是 None（0..T-1）、(T,)，或 (B, T)、(1, T)：每句有自己的位置。"""
        T, longest = x.shape[-2], len(self.cos)
        if positions is None and longest < T:
            raise ValueError(f"长度 {T} 超过了 RoPE 表的 max_seq_len={longest}；截短输入或建更长的表")
        cos, sin = (self.cos[:T], self.sin[:T]) if positions is None else (self.cos[positions], self.sin[positions])
        if cos.dim() == 3:  # (B, T, D/2)：批与 T 之间可能还有头那一维
            shape = (cos.shape[0], *[1] * (x.dim() - 3), *cos.shape[1:])
            cos, sin = cos.view(shape), sin.view(shape)  # (B, T, D/2) -> (B, 1, T, D/2)
        wide = at_least_float32(x)
        even, odd = wide[..., 0::2], wide[..., 1::2]  # (..., T, D) -> 两个 (..., T, D/2)
        # [cos -sin; sin cos] 乘 (even, odd)
        rotated = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)  # -> (..., T, D/2, 2)
        return rotated.flatten(-2).to(x.dtype)  # (..., T, D/2, 2) -> (..., T, D)
