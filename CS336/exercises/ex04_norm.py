"""ex04 归一化与前馈：RMSNorm、SwiGLU、SwiGLU 的宽度，自己写一遍。

级别：手算 + 补全。先读：`Transformer.md`（在 `CS336/Transformer/`）。
检查：`pytest CS336/exercises/check_ex04.py`

记号与笔记相同：C 是 d_model，F 是前馈的宽度；权重存成 (出, 入)。
"""

# ruff: noqa: F401  做题时用得到的导入
import math

import torch
from torch import Tensor


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """手算 + 补全：x / √(mean(x²) + ε) · weight，均值沿最后一维。x (..., C)，weight (C,) -> (..., C)，不改动 x。

    x 可以是 float32、bfloat16、float16：进来先变成 float32，全部算完（包括乘 weight）再变回 x 的类型，只舍入一次。

    先手算：x = (1, 7)，ε = 0。平方的均值是 (1 + 49) / 2 = 25，根是 5，所以是 (0.2, 1.4)。ε = 11 呢？25 + 11 = 36。

    >>> import torch
    >>> rms_norm(torch.tensor([1.0, 7.0]), torch.ones(2), 0.0)
    tensor([0.2000, 1.4000])
    >>> rms_norm(torch.tensor([300.0, 300.0], dtype=torch.float16), torch.ones(2), 1e-5)  # 300² 超过 float16 的 65504
    tensor([1., 1.], dtype=torch.float16)
    """
    raise NotImplementedError


def swiglu(x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Tensor:
    """补全：W₂ (SiLU(W₁ x) ⊙ W₃ x)，SiLU(a) = a · σ(a)，⊙ 是逐元素相乘。

    x (..., C)，w1 与 w3 (F, C)，w2 (C, F) -> (..., C)。x 是一排行向量，所以 W₁ x 写成 x @ w1.T。

    先手算一个数：x = -1，w1、w2、w3 是 2、3、0.5。W₁ x = -2，SiLU(-2) = -2 · 0.1192 = -0.2384；
    W₃ x = -0.5；乘起来 0.1192，再乘 3。

    >>> import torch
    >>> swiglu(torch.tensor([-1.0]), torch.tensor([[2.0]]), torch.tensor([[3.0]]), torch.tensor([[0.5]]))
    tensor([0.3576])
    """
    raise NotImplementedError


def swiglu_width(d_model: int) -> int:
    """手算：前馈的宽度 F：8/3 · d_model 取到最近的 64 的倍数，至少 64。

    为什么是 8/3：普通前馈两个矩阵、宽 4C，共 8C² 个数；SwiGLU 有三个，3 · (8/3) C² 也是 8C²。
    为什么是 64 的倍数：矩阵乘法按块算，宽度不齐就有一块算了白算。

    先手算 512：8/3 · 512 = 1365.3，除以 64 是 21.33，最近的整数 21，21 · 64 = 1344。恰好在正中间的不考。

    >>> swiglu_width(512), swiglu_width(8)
    (1344, 64)
    """
    raise NotImplementedError
