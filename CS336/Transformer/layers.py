"""有参数的零件：Linear、Embedding、RMSNorm、SwiGLU。torch.nn 里只用 Module、Parameter 和 init。

教什么：权重存成 (出, 入)；词向量是查表；RMSNorm 为什么在 float32 里算；门控的前馈网络。
不教什么：旋转位置（`rope.py`）、注意力与块（`model.py`）。
对应笔记：`Transformer.md`；与 torch 的比较见 `tests/test_cs336_parts.py`。
"""

import math

import torch
from torch import Tensor, nn

from CS336.Transformer.functional import at_least_float32, silu


class Linear(nn.Module):
    """y = W x，没有偏置：(..., 入) -> (..., 出)。W 的初值是 N(0, 2/(入+出))，截在 ±3σ。

    >>> Linear(3, 2)(torch.zeros(5, 3)).shape
    torch.Size([5, 2])
    """

    def __init__(self, in_features: int, out_features: int, device=None, dtype=None):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_features, in_features, device=device, dtype=dtype))
        std = math.sqrt(2 / (in_features + out_features))
        nn.init.trunc_normal_(self.weight, std=std, a=-3 * std, b=3 * std)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight.T  # (..., 入) @ (入, 出) -> (..., 出)


class Embedding(nn.Module):
    """词向量表：编号 (...) -> (..., C)。初值 N(0, 1)，截在 ±3。

    >>> Embedding(10, 4)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 4])
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, device=None, dtype=None):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_embeddings, embedding_dim, device=device, dtype=dtype))
        nn.init.trunc_normal_(self.weight, std=1.0, a=-3.0, b=3.0)

    def forward(self, token_ids: Tensor) -> Tensor:
        V, C = self.weight.shape
        try:
            # 与 one-hot 乘 W 相同，但不必造 one-hot。不写 W[ids]：编号 -1 会悄悄取到最后一行
            rows = self.weight.index_select(0, token_ids.flatten())  # (V, C), (N,) -> (N, C)
        except IndexError:
            worst = max(token_ids.flatten().tolist(), key=lambda token: max(-token, token - V + 1))
            raise ValueError(f"词编号 {worst} 不在 0..{V - 1} 里；分词器与模型的词表要是同一个") from None
        return rows.view(*token_ids.shape, C)  # (N, C) -> (..., C)


class RMSNorm(nn.Module):
    """x / √(mean(x²) + ε) · g（Zhang & Sennrich 2019）；不减均值，没有偏置。(..., C) -> (..., C)

    >>> RMSNorm(2)(torch.tensor([3.0, 4.0]))  # 均方根是 √12.5 = 3.5355
    tensor([0.8485, 1.1314], grad_fn=<MulBackward0>)
    """

    def __init__(self, d_model: int, eps: float = 1e-5, device=None, dtype=None):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model, device=device, dtype=dtype))

    def forward(self, x: Tensor) -> Tensor:
        dtype = x.dtype
        # float16 最大 65504，x 大于 256 时 x² 就溢出；bf16 只有 8 个有效的二进制位，几百个数相加会丢掉小的
        x = at_least_float32(x)
        x = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)
        return (x * self.weight).to(dtype)


def default_d_ff(d_model: int) -> int:
    """SwiGLU 的宽度：8/3·C 取到最近的 64 的倍数（不少于 64）。三个矩阵 3·8/3 = 8，与普通前馈的 2·4 = 8 参数相等。

    >>> default_d_ff(512), default_d_ff(128)
    (1344, 320)
    """
    return max(64, round(8 * d_model / 3 / 64) * 64)


class SwiGLU(nn.Module):
    """W₂(SiLU(W₁x) ⊙ W₃x)（Shazeer 2020）：SiLU(W₁x) 是门，负的接近 0，把 W₃x 关在外面。(..., C) -> (..., C)

    >>> SwiGLU(16, 64)(torch.zeros(2, 16)).shape
    torch.Size([2, 16])
    """

    def __init__(self, d_model: int, d_ff: int | None = None, device=None, dtype=None):
        super().__init__()
        d_ff = default_d_ff(d_model) if d_ff is None else d_ff
        self.w1 = Linear(d_model, d_ff, device, dtype)
        self.w2 = Linear(d_ff, d_model, device, dtype)
        self.w3 = Linear(d_model, d_ff, device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(silu(self.w1(x)) * self.w3(x))  # (..., C) -> (..., F) -> (..., C)


class SiLUFeedForward(nn.Module):
    """W₂ SiLU(W₁x)，没有门：消融用。参数与 SwiGLU 相等时 d_ff 是它的 1.5 倍。"""

    def __init__(self, d_model: int, d_ff: int | None = None, device=None, dtype=None):
        super().__init__()
        d_ff = default_d_ff(d_model) if d_ff is None else d_ff
        self.w1 = Linear(d_model, d_ff * 3 // 2, device, dtype)
        self.w2 = Linear(d_ff * 3 // 2, d_model, device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(silu(self.w1(x)))  # (..., C) -> (..., 1.5F) -> (..., C)
