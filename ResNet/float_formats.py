"""浮点格式手算：位模式 -> 数值、fp32 -> bf16 的舍入、相邻两个数的间隔。

教什么：指数位管范围、小数位管精度；就近舍入、一半取偶；为什么 bf16 里 256 + 1 = 256。
不教什么：fp8、定点数、混合精度的训练循环（笔记 3）。
怎么跑：`python ResNet/2_module.py`；对应笔记：`2_module.md` 的「手算小例子」。
"""

import math

import torch
from torch import Tensor

FORMATS = {torch.float32: (8, 23), torch.bfloat16: (8, 7), torch.float16: (5, 10)}  # (指数位, 小数位)


def decode(bits: int, exponent_bits: int, fraction_bits: int) -> float:
    """从位模式手算数值：(-1)^s · 1.f · 2^(e - 偏移)    式 (2.4)

    >>> decode(0x4380, 8, 7), decode(0x7BFF, 5, 10)  # bf16 的 256，fp16 的最大值
    (256.0, 65504.0)
    """
    sign = -1.0 if bits >> (exponent_bits + fraction_bits) & 1 else 1.0
    exponent = bits >> fraction_bits & (1 << exponent_bits) - 1
    fraction = (bits & (1 << fraction_bits) - 1) / (1 << fraction_bits)
    bias = (1 << exponent_bits - 1) - 1
    if exponent == (1 << exponent_bits) - 1:  # 指数全 1：无穷或 nan
        return sign * math.inf if fraction == 0 else math.nan
    if exponent == 0:  # 指数全 0：没有开头的 1，用来填 0 附近的空
        return sign * fraction * 2.0 ** (1 - bias)
    return sign * (1 + fraction) * 2.0 ** (exponent - bias)


def round_to_bfloat16(x: Tensor) -> Tensor:
    """fp32 -> bf16，只用整数运算：砍掉低 16 位，就近舍入，正好一半时取偶数。返回 fp32。

    >>> round_to_bfloat16(torch.tensor([257.0, 258.0, 259.0]))
    tensor([256., 258., 260.])
    """
    bits = x.view(torch.int32).to(torch.int64) & 0xFFFFFFFF
    is_odd = bits >> 16 & 1
    rounded = (bits + 0x7FFF + is_odd) >> 16 << 16  # 加「半格减一」再加奇偶位：一半时奇数进位、偶数不动
    rounded = torch.where(x.isnan(), bits | 0x400000, rounded)  # nan 不能进位成无穷
    return torch.where(rounded > 0x7FFFFFFF, rounded - (1 << 32), rounded).to(torch.int32).view(torch.float32)


def spacing(x: float, dtype=torch.bfloat16) -> float:
    """x 与下一个可表示数的间隔：2^(⌊log2 |x|⌋ - 小数位)（正规数）。

    >>> spacing(256.0), spacing(1.0), spacing(1.0, torch.float32) == 2**-23
    (2.0, 0.0078125, True)
    """
    return 2.0 ** (math.frexp(abs(x))[1] - 1 - FORMATS[dtype][1])


def add_repeatedly(start: float, step: float, times: int, dtype) -> float:
    """把 step 加 times 次，每次都舍入到 dtype。"""
    total, step = torch.tensor(start, dtype=dtype), torch.tensor(step, dtype=dtype)
    for _ in range(times):
        total = total + step
    return total.item()
