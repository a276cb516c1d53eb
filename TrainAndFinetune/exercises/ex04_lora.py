"""ex04 LoRA：初始化、前向、手写梯度。

级别：手算、补全。先读：`6_lora.md`。
检查：`pytest TrainAndFinetune/exercises/check_ex04.py`
"""

# ruff: noqa: F401  做题时用得到的导入
import math

import torch
from torch import Tensor


def init_lora(in_features: int, out_features: int, rank: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """补全：返回 (A, B)。A (rank, in) 在 ±1/√in 之间均匀随机，用 generator；B (out, rank) 使 ΔW 从零开始而又学得动。

    >>> import torch
    >>> A, B = init_lora(16, 6, rank=2, generator=torch.Generator().manual_seed(0))
    >>> A.shape, B.shape, bool((B @ A == 0).all()), bool(A.abs().max() <= 0.25)
    (torch.Size([2, 16]), torch.Size([6, 2]), True, True)
    """
    raise NotImplementedError


def lora_forward(x: Tensor, W: Tensor, A: Tensor, B: Tensor, alpha: float) -> Tensor:
    """补全：y = x Wᵀ + (α/r) (x Aᵀ) Bᵀ，r 从 A 的形状里取。x (..., in)，W (out, in)，返回 (..., out)。

    >>> import torch
    >>> x, W, A, B = torch.tensor([[1.0, 2.0]]), torch.eye(2), torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0], [0.0]])
    >>> lora_forward(x, W, A, B, alpha=2.0).tolist()  # x Aᵀ = 3，乘 2/1，加到第 0 个输出上
    [[7.0, 2.0]]
    """
    raise NotImplementedError


def lora_gradients(x: Tensor, dy: Tensor, A: Tensor, B: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """补全：已知 ∂L/∂y = dy，用矩阵乘法写出 (∂L/∂A, ∂L/∂B)，不用 autograd。x (N, in)，dy (N, out)，r 从 A 里取。

    >>> import torch
    >>> x, dy = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0]])
    >>> A, B = torch.tensor([[1.0, 1.0]]), torch.zeros(2, 1)
    >>> dA, dB = lora_gradients(x, dy, A, B, alpha=2.0)
    >>> dA.tolist(), dB.tolist()  # B 是零，所以 A 第一步不动；B 动
    ([[0.0, 0.0]], [[6.0], [0.0]])
    """
    raise NotImplementedError
