"""ex05 合并：α/r、rsLoRA、在哪种精度里加，合并之后再拆开。

级别：手算、补全。先读：`6_lora.md`。
检查：`pytest TrainAndFinetune/exercises/check_ex05.py`
"""

# ruff: noqa: F401  做题时用得到的导入
import math

import torch
from torch import Tensor


def scale_of(rank: int, alpha: float, rslora: bool = False) -> float:
    """手算：B A 前面的系数。LoRA 是 α/r，rsLoRA 是 α/√r。

    >>> scale_of(8, 16.0), scale_of(16, 16.0, rslora=True)
    (2.0, 4.0)
    """
    raise NotImplementedError


def merge(W: Tensor, A: Tensor, B: Tensor, alpha: float, rslora: bool = False) -> Tensor:
    """补全：返回合并之后的权重 (out, in)，不改 W；r 从 A 的形状里取。

    W 可能是 bf16，A、B 是 float32：在 float32 里加完，最后转回 W 的类型，只舍入一次。

    >>> import torch
    >>> W, A, B = torch.eye(2), torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0], [0.0]])
    >>> merge(W, A, B, alpha=3.0).tolist()
    [[4.0, 3.0], [0.0, 1.0]]
    """
    raise NotImplementedError


def absorb_scale(A: Tensor, B: Tensor, alpha: float, rslora: bool = False) -> tuple[Tensor, Tensor, float]:
    """补全：有的程序合并时不乘 α/r。返回 (A, 新的 B, 新的 α)，使新的 α/r = 1（不是 rsLoRA），而 ΔW 不变；不改传进来的。

    >>> import torch
    >>> A, B, alpha = absorb_scale(torch.ones(2, 3), torch.ones(4, 2), alpha=8.0)
    >>> B[0].tolist(), alpha
    ([4.0, 4.0], 2.0)
    """
    raise NotImplementedError
