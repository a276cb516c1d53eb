"""一层由什么组成：LayerNorm、前馈网络、残差连接，编码器层与解码器层。

教什么：LayerNorm 的两处陷阱（有偏方差、ε 在根号里）；残差与归一化的两种次序（post-norm、pre-norm）；一层的数据流。
不教什么：RMSNorm、SwiGLU（第 4 章）。
对应笔记：`3_layers.md`、`4_transformer.md`；与 torch 的比较见 `tests/test_transformer_parts.py`。
"""

import torch
from torch import Tensor, nn

from Transformer.attention import KVCache, MultiHeadAttention


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """每个位置自己的 C 个数归一化，再缩放平移：(..., C) -> (..., C)    式 (3.1)（Ba et al. 2016）

    >>> layer_norm(torch.tensor([1.0, 3.0]), torch.ones(2), torch.zeros(2))
    tensor([-1.0000,  1.0000])
    """
    mean = x.mean(dim=-1, keepdim=True)  # (..., C) -> (..., 1)
    variance = (x - mean).square().mean(dim=-1, keepdim=True)  # 除以 C，不是 C-1：x.std() 默认是后者
    return (x - mean) / torch.sqrt(variance + eps) * weight + bias  # ε 在根号里：放在外面，小方差时差得多


class FeedForward(nn.Module):
    """前馈网络（论文 3.3）：每个位置各自过两层线性层，(B, T, C) -> (B, T, d_ff) -> (B, T, C)。

    词与词之间的交流都在注意力里；这里每个位置单独想。d_ff = 4C 时，编码器一层的参数有三分之二在这里
    （解码器一层有两个注意力，是一半）。
    """

    def __init__(self, d_model: int, d_ff: int):
        super().__init__()
        self.up = nn.Linear(d_model, d_ff)
        self.down = nn.Linear(d_ff, d_model)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(torch.relu_(self.up(x)))  # 就地 ReLU：up 的输出别处不用


class Residual(nn.Module):
    """把一个子层包进残差连接与 LayerNorm，两种次序：

    post-norm（论文）      norm(x + dropout(f(x)))
    pre-norm（GPT-2 等）   x + dropout(f(norm(x)))      主干上没有归一化，x 从头到尾直通
    """

    def __init__(self, d_model: int, dropout: float, norm: str):
        super().__init__()
        if norm not in ("post", "pre"):
            raise ValueError(f"norm={norm!r}，可选 'post'、'pre'")
        self.norm = nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)
        self.pre = norm == "pre"

    def forward(self, x: Tensor, sublayer) -> Tensor:
        if self.pre:
            return x + self.dropout(sublayer(self.norm(x)))
        return self.norm(x + self.dropout(sublayer(x)))


class EncoderLayer(nn.Module):
    """编码器的一层（论文图 1 左）：自注意力，前馈。(B, S, C) -> (B, S, C)。"""

    def __init__(self, d_model: int, num_heads: int, d_ff: int, dropout: float = 0.0, norm: str = "post"):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.residuals = nn.ModuleList(Residual(d_model, dropout, norm) for _ in range(2))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.residuals[0](x, lambda h: self.attention(h, h, mask))
        return self.residuals[1](x, self.feed_forward)


class LayerCache:
    """解码器一层的缓存：自注意力的越来越长，交叉注意力的算一次就不变。"""

    def __init__(self):
        self.self_attention = KVCache()
        self.cross_attention = KVCache(fixed=True)

    def select(self, rows: Tensor) -> None:
        """按 rows 重新挑行，只在同一句的 K 行之间换。交叉注意力的不用动：同一句的 K 行都来自同一个源句，完全相同。"""
        self.self_attention.select(rows)


class DecoderLayer(nn.Module):
    """解码器的一层（论文图 1 右）：因果自注意力，交叉注意力，前馈。(B, T, C) -> (B, T, C)。"""

    def __init__(self, d_model: int, num_heads: int, d_ff: int, dropout: float = 0.0, norm: str = "post"):
        super().__init__()
        self.self_attention = MultiHeadAttention(d_model, num_heads)
        self.cross_attention = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.residuals = nn.ModuleList(Residual(d_model, dropout, norm) for _ in range(3))

    def forward(
        self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None, cache: LayerCache | None = None
    ) -> Tensor:
        own = cache.self_attention if cache else None
        cross = cache.cross_attention if cache else None
        x = self.residuals[0](x, lambda h: self.self_attention(h, h, causal=True, cache=own))
        x = self.residuals[1](x, lambda h: self.cross_attention(h, memory, memory_mask, cache=cross))
        return self.residuals[2](x, self.feed_forward)
