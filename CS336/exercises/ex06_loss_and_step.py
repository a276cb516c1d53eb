"""ex06 损失与一步更新：数值稳定的交叉熵、困惑度、每字节的比特数、AdamW 的一步，自己写一遍。

级别：手算 + 补全。先读：`Transformer.md`（在 `CS336/Transformer/`）。
检查：`pytest CS336/exercises/check_ex06.py`

对数都是自然对数，损失的单位是 nat；只有 `bits_per_byte` 换成比特。
"""

# ruff: noqa: F401  做题时用得到的导入
import math

import torch
from torch import Tensor


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """补全：-ln softmax(logits)[target]，对所有位置求平均。logits (..., V)，targets (...) 是 0 到 V-1 的整数 -> 标量。

    只用 exp、log、max、sum 这样的运算，不用 torch 里现成的 cross_entropy、log_softmax、logsumexp。
    logits 可以是 1000（exp 溢出）、-1000（exp 成了 0）、-inf（被屏蔽的词，不会是答案），结果都要对。要能反向传播。

    先在纸上化简 -ln(exp(oₜ) / Σ exp(oⱼ))，再想：每个 o 都减去同一个数，结果变不变？减谁就不会溢出？

    >>> import torch
    >>> cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))  # 四个词一样可能：ln 4
    tensor(1.3863)
    >>> cross_entropy(torch.tensor([1000.0, 0.0]), torch.tensor(1))
    tensor(1000.)
    """
    raise NotImplementedError


def perplexity(loss: float) -> float:
    """手算：困惑度。损失是每个词元平均 loss nat，困惑度是「相当于在几个一样可能的词里猜」。

    先手算：8 个词一样可能时，损失是 ln 8，困惑度应当是几？

    >>> round(perplexity(math.log(8)), 6)
    8.0
    """
    raise NotImplementedError


def bits_per_byte(loss: float, num_tokens: int, num_bytes: int) -> float:
    """手算：每个字节用几比特。num_bytes 个字节切成 num_tokens 个词元，每个词元平均 loss nat；1 比特 = ln 2 nat。

    词元越长，每个词元的损失越大，所以不同的分词器不能比损失；除以字节数就能比了。

    先手算：每个词元 2 比特（2 ln 2 nat），4 个词元，10 个字节：一共 8 比特，每字节 0.8。

    >>> round(bits_per_byte(2 * math.log(2), 4, 10), 6)
    0.8
    """
    raise NotImplementedError


def adamw_step(
    p: Tensor,
    g: Tensor,
    m: Tensor,
    v: Tensor,
    t: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """补全：AdamW 的第 t 步（t 从 1 数）。p、g、m、v 形状相同；返回新的 (p, m, v)，传进来的都不改。

        m ← β₁ m + (1 - β₁) g              v ← β₂ v + (1 - β₂) g²
        m̂ = m / (1 - β₁ᵗ)                  v̂ = v / (1 - β₂ᵗ)        只在这一步用，返回的是没有修正的 m、v
        p ← p - lr · m̂ / (√v̂ + ε) - lr · λ · p                      λ = weight_decay，等号右边的 p 都是旧的

    先手算：p = 1、g = 0.5、m = v = 0、t = 1、lr = 0.2、β = (0.9, 0.999)、ε = 0、λ = 0。
    m = 0.05，v = 0.00025；m̂ = 0.5，v̂ = 0.25；p = 1 - 0.2 · 0.5 / 0.5 = 0.8：第一步总是走 lr，与梯度的大小无关。

    >>> import torch
    >>> zero = torch.zeros(1)
    >>> adamw_step(torch.ones(1), torch.tensor([0.5]), zero, zero, 1, 0.2, (0.9, 0.999), 0.0, 0.0)
    (tensor([0.8000]), tensor([0.0500]), tensor([0.0003]))
    """
    raise NotImplementedError
