"""ex01 注意力：谁能看谁，看见的怎样加权。两种掩码、把它们合起来、点积注意力，自己写一遍。

级别：手算 + 补全。先读：`1_attention.md`。
检查：`pytest Transformer/exercises/check_ex01.py`

约定与笔记相同：掩码是布尔张量，mask[b, h, i, j] 为 True 的意思是「第 b 句的第 h 个头，query i 能看 key j」。
"""

# ruff: noqa: F401  做题时用得到的导入
import math

import torch
from torch import Tensor


def padding_mask(tokens: Tensor, pad: int = 0) -> Tensor:
    """补全：哪些 key 是真的词。tokens (B, S) 是编号，返回布尔的 (B, 1, 1, S)，填充处为 False。

    中间两个长度 1 的维，广播时复制到每个头、每个 query。

    >>> import torch
    >>> padding_mask(torch.tensor([[5, 6, 0]])).tolist()
    [[[[True, True, False]]]]
    """
    raise NotImplementedError


def causal_mask(length: int) -> Tensor:
    """手算：生成第 i 个词时只有第 0 到 i 个词。返回布尔的 (T, T)，第 i 行第 j 列是「i 能不能看 j」。

    先在纸上画 3x3：第 0 行几个 True？第 2 行呢？再写成一行代码。

    >>> causal_mask(3).int().tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    raise NotImplementedError


def combine_masks(padding: Tensor, causal: Tensor) -> Tensor:
    """补全：两个都允许才算能看。padding (B, 1, 1, T)，causal (T, T)，返回布尔的 (B, 1, T, T)。

    >>> import torch
    >>> combine_masks(padding_mask(torch.tensor([[5, 0]])), causal_mask(2)).int().tolist()
    [[[[1, 0], [1, 0]]]]
    """
    raise NotImplementedError


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """补全：softmax(q kᵀ / √D) v。F.scaled_dot_product_attention 不返回权重，自己写。

    q (..., T, D)，k 与 v (..., S, D)；前面的维可以是没有、(B,) 或 (B, H)。mask 能广播到 (..., T, S)，可以是 None。
    返回 (输出 (..., T, D)，权重 (..., T, S))。每行至少有一个 True，全 False 的行不用管。

    先手算：q = (1, 0)，两个 key 是 (1, 0) 与 (0, 1)。点积 1 与 0，除以 √2 得 0.707 与 0，
    取指数得 2.028 与 1，除以和得 0.670 与 0.330。

    >>> import torch
    >>> eye = torch.eye(2)
    >>> attention(eye[:1], eye, 10 * eye)
    (tensor([[6.6976, 3.3024]]), tensor([[0.6698, 0.3302]]))
    """
    raise NotImplementedError
