"""ex05 旋转位置：每对通道的角频率、按位置旋转、两种排列怎样互换，自己写一遍。

级别：手算 + 补全 + 扩展。先读：`Transformer.md`（在 `CS336/Transformer/`）。
检查：`pytest CS336/exercises/check_ex05.py`

第 2 章的 ex03 只从 start 往后数；这里每个词的位置由 positions 给出：缓存解码、左边填充、打乱次序，都用得上。
"""

# ruff: noqa: F401  做题时用得到的导入
import math

import torch
from torch import Tensor


def frequencies(head_dim: int, theta: float) -> Tensor:
    """手算：第 i 对通道的角频率 ω_i = theta^(-2i/D)，i = 0, 1, ..., D/2 - 1；返回 float32 的 (D/2,)。

    D = head_dim，是偶数。

    先在纸上算 D = 8、theta = 16：指数是 0、-1/4、-1/2、-3/4，16 的四次方根是 2。

    >>> frequencies(8, 16.0)
    tensor([1.0000, 0.5000, 0.2500, 0.1250])
    """
    raise NotImplementedError


def rope(x: Tensor, positions: Tensor, theta: float) -> Tensor:
    """补全：x (..., T, D) 按位置旋转，返回同样形状、同样类型的新张量，x 不变。要能反向传播。

    第 2i、2i+1 个通道 (a, b) 在位置 p 转 φ = p ω_i 弧度：

        a' = a cos φ - b sin φ
        b' = a sin φ + b cos φ

    positions 是整数：(T,) 是所有句子共用；(B, T) 是每句一行，这时 x 是 (B, ..., T, D)，例如 (B, H, T, D)，
    同一句的各个头位置相同。
    bfloat16、float16 的 x 也在 float32 里算角、算旋转，最后才变回去：bfloat16 里 257 会变成 256。

    >>> import torch
    >>> x = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    >>> rope(x, torch.tensor([0, 1, 0]), 10000.0)  # 位置 1 转 1 弧度：cos 1、sin 1
    tensor([[1.0000, 0.0000],
            [0.5403, 0.8415],
            [1.0000, 0.0000]])
    """
    raise NotImplementedError


def halves_order(head_dim: int) -> Tensor:
    """扩展：transformers 的 Llama 配的不是相邻的，是第 i 与第 i + D/2 个。返回 int64 的 (D,)，一个重排的次序：

        x[..., order] 照 Llama 的办法转，等于先照我们的办法转 x，再取 [..., order]

    q、k 同样重排，点积不变，所以把 q、k 的投影矩阵每个头的行照这个次序重排，两种实现就算出同样的注意力。

    >>> halves_order(4)
    tensor([0, 2, 1, 3])
    """
    raise NotImplementedError
