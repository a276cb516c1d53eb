"""注意力：点积注意力、掩码、多头注意力、键值缓存。

教什么：注意力是一本「软」字典；为什么除以 √D；掩码放在 softmax 之前；多头就是把通道切成几段各算各的。
不教什么：位置（`positional.py`）、残差与归一化（`layers.py`）、FlashAttention 的分块算法（第 4 章）。
约定：掩码是布尔张量，`mask[b, h, i, j]` 的意思是：第 b 句的第 h 个头，query i 能不能看 key j。True 是能看。
     `nn.MultiheadAttention` 的布尔掩码正好相反（True 是不能看），`F.scaled_dot_product_attention` 与我们相同。
对应笔记：`1_attention.md`；与 torch 的比较见 `tests/test_transformer_parts.py`。
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PAD = 0  # 填充的编号：全章的词表都把 0 留给它


def padding_mask(tokens: Tensor, pad: int = PAD) -> Tensor:
    """哪些 key 是真的词：(B, S) -> (B, 1, 1, S)，填充处为 False。两个长度 1 的维广播到所有头、所有 query。

    >>> padding_mask(torch.tensor([[5, 6, 0]])).tolist()
    [[[[True, True, False]]]]
    """
    return (tokens != pad)[:, None, None, :]


def causal_mask(length: int, device=None) -> Tensor:
    """因果掩码 (T, T)：query i 只能看 key 0..i，看不到未来。

    >>> causal_mask(3).int().tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """softmax(q kᵀ / √D) v    式 (1.2)（Vaswani et al. 2017，式 1）

    q (..., T, D)，k (..., S, D)，v (..., S, D)，mask 能广播到 (..., T, S)。
    返回 (输出 (..., T, D)，权重 (..., T, S))；权重每行非负、和为 1。
    一行里一个 True 都没有时没有定义（0/0，得到 nan），所以源句不能全是填充。

    >>> one = torch.tensor([[1.0, 0.0]])
    >>> attention(one, torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[10.0, 0.0], [0.0, 10.0]]))[1]
    tensor([[0.6698, 0.3302]])
    """
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (..., T, D) @ (..., D, S) -> (..., T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)  # 先掩码再 softmax：反过来每行之和就不是 1
    weights = scores.softmax(dim=-1)
    return weights @ v, weights  # (..., T, S) @ (..., S, D) -> (..., T, D)


class KVCache:
    """一个注意力已经算好的键与值 (B, H, S, D)。逐词生成时旧词的键值不变，只算新词的。

    `fixed`：交叉注意力的键值来自编码器，整句生成期间不变，算一次就够。
    """

    def __init__(self, fixed: bool = False):
        self.fixed = fixed
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    @property
    def length(self) -> int:
        """已经存了几个位置。"""
        return 0 if self.keys is None else self.keys.shape[2]

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """接上新位置的键值 (B, H, t, D)，返回全部的。"""
        if self.keys is not None:
            keys, values = torch.cat([self.keys, keys], dim=2), torch.cat([self.values, values], dim=2)
        self.keys, self.values = keys, values
        return keys, values

    def select(self, rows: Tensor) -> None:
        """按 rows (B',) 重新挑批里的行：束搜索里，一条好的假设会取代几条差的。"""
        self.keys, self.values = self.keys.index_select(0, rows), self.values.index_select(0, rows)


class MultiHeadAttention(nn.Module):
    """多头注意力（论文 3.2.2）：四个线性层，中间把 C 个通道切成 H 段，每段做一次注意力。

    输入 x (B, T, C) 出 query，memory (B, S, C) 出 key 与 value；自注意力时 memory 就是 x。输出 (B, T, C)。
    `keep_weights=True` 时把权重 (B, H, T, S) 留在 `self.weights` 里，供画图；否则用 torch 的融合算子，结果相同。

    >>> MultiHeadAttention(8, num_heads=2)(torch.zeros(1, 3, 8), torch.zeros(1, 5, 8)).shape
    torch.Size([1, 3, 8])
    """

    def __init__(self, d_model: int, num_heads: int):
        super().__init__()
        if num_heads < 1 or d_model % num_heads:
            fits = max(h for h in range(1, min(max(num_heads, 1), d_model) + 1) if d_model % h == 0)
            raise ValueError(
                f"num_heads={num_heads} 必须整除 d_model={d_model}：每个头分到 d_model/num_heads 维；试试 {fits}"
            )
        self.num_heads = num_heads
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.output = nn.Linear(d_model, d_model)
        self.keep_weights = False
        self.weights: Tensor | None = None

    def split_heads(self, x: Tensor) -> Tensor:
        B, T, C = x.shape
        H = self.num_heads
        return x.view(B, T, H, C // H).transpose(1, 2)  # (B, T, C) -> (B, T, H, D) -> (B, H, T, D)

    def join_heads(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)  # (B, H, T, D) -> (B, T, H, D) -> (B, T, C)

    def keys_values(self, memory: Tensor, cache: KVCache | None) -> tuple[Tensor, Tensor]:
        """memory (B, S, C) -> 键、值 (B, H, S, D)；有缓存时只算缓存里没有的。"""
        if cache is not None and cache.fixed and cache.length:
            return cache.keys, cache.values
        k, v = self.split_heads(self.key(memory)), self.split_heads(self.value(memory))
        return (k, v) if cache is None else cache.append(k, v)

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        *,
        causal: bool = False,
        cache: KVCache | None = None,
    ) -> Tensor:
        if mask is not None and mask.dtype != torch.bool:  # 融合算子会把浮点掩码加到分数上，不报错
            raise ValueError(f"mask 是 {mask.dtype}，要布尔的：True 是能看；0/1 写 mask.bool()，0/-inf 写 mask == 0")
        q = self.split_heads(self.query(x))  # (B, T, C) -> (B, H, T, D)
        k, v = self.keys_values(memory, cache)  # (B, S, C) -> (B, H, S, D)
        # 逐词生成时 T = 1：新词可以看见缓存里的全部，因果掩码没有东西可挡
        causal = causal and q.shape[2] > 1
        if causal and (self.keep_weights or mask is not None):  # 只有因果的留给融合算子：它不必造掩码
            past = causal_mask(q.shape[2], q.device)
            mask, causal = past if mask is None else mask & past, False
        if self.keep_weights:
            out, self.weights = attention(q, k, v, mask)
        else:
            out = F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal)
        return self.output(self.join_heads(out))  # (B, H, T, D) -> (B, T, C)
