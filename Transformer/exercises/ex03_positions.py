"""ex03 位置：正弦编码的表、平移一次的旋转矩阵、旋转编码（RoPE），自己写一遍。

级别：手算 + 补全。先读：`2_positions.md`。
检查：`pytest Transformer/exercises/check_ex03.py`
"""

from torch import Tensor


def sinusoidal(length: int, d_model: int) -> Tensor:
    """手算 + 补全：正弦位置编码的表，返回 (T, C)，T = length，C = d_model（偶数）。

    第 t 行的第 2i 个数是 sin(t ω_i)，第 2i+1 个数是 cos(t ω_i)，ω_i = 10000^(-2i/C)，i = 0, 1, ..., C/2 - 1。

    先在纸上写 d_model=4 的第 1 行：ω 是 1 和 0.01，所以是 sin 1、cos 1、sin 0.01、cos 0.01。

    >>> sinusoidal(2, 4)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    raise NotImplementedError


def shift_block(k: float, omega: float) -> Tensor:
    """手算 + 补全：一个频率的平移矩阵 (2, 2)。对每个 t：

        shift_block(k, ω) @ [sin(t ω), cos(t ω)] = [sin((t + k) ω), cos((t + k) ω)]

    先在纸上把 sin(a + b) 与 cos(a + b) 展开，矩阵里只许有 k 与 ω，没有 t。

    >>> shift_block(2, 0.5)  # k ω = 1
    tensor([[ 0.5403,  0.8415],
            [-0.8415,  0.5403]])
    """
    raise NotImplementedError


def rotate(x: Tensor, start: int = 0) -> Tensor:
    """补全：旋转编码。x (..., T, D)，T 是倒数第 2 维，D 是偶数；返回同样形状的新张量，x 不变。

    第 t 个位置（从 start 数起）的第 2i、2i+1 个通道 (a, b) 转 φ = (start + t) ω_i 角，ω_i = 10000^(-2i/D)：

        a' = a cos φ - b sin φ
        b' = a sin φ + b cos φ

    前面可以有任意多维，例如 (B, H, T, D)。要能反向传播。

    >>> import torch
    >>> rotate(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    tensor([[1.0000, 0.0000],
            [0.5403, 0.8415]])
    >>> rotate(torch.tensor([[1.0, 0.0]]), start=1)
    tensor([[0.5403, 0.8415]])
    """
    raise NotImplementedError
