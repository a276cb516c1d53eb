"""Houlsby adapter：注意力之后、MLP 之后各插一个瓶颈层，只训练它们。

教什么：瓶颈层的形状、近似恒等的初始化、为什么它合并不进权重。
不教什么：并行 adapter、AdapterFusion。
对应笔记：`5_adapter_prefix.md`。
出处：Houlsby 等 2019（arXiv 1902.00751）2.1 节：接在子层的输出投影之后、残差相加之前。
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from book import UserError, seeded
from TrainAndFinetune.methods.inject import Tuner, Tuning, adapter_dtype, begin, targets_in, wrap

PLACES = ("o_proj", "down_proj")  # 注意力与 MLP 的最后一个线性层


@dataclass(frozen=True)
class AdapterConfig:
    """Houlsby adapter 的设置。"""

    size: int = 32  # 瓶颈的宽度 m

    def __post_init__(self):
        if isinstance(self.size, bool) or not isinstance(self.size, int) or self.size < 1:
            raise UserError(f"收到 size={self.size!r}，瓶颈的宽度是正整数；试试 size=32")


class BottleneckAdapter(Tuner):
    """y = f(x)；y + up(gelu(down(y)))    式 (5.1)。down (m, d)，up (d, m)，各带偏置。"""

    def __init__(self, base_layer: nn.Module, tuning: Tuning, size: int, generator: torch.Generator | None = None):
        super().__init__(base_layer, tuning)
        weight = base_layer.weight
        d, dtype = weight.shape[0], adapter_dtype(weight)
        self.down, self.up = nn.Linear(d, size, dtype=dtype), nn.Linear(size, d, dtype=dtype)
        with torch.no_grad():
            self.down.weight.copy_(torch.randn(size, d, generator=generator, dtype=dtype) * d**-0.5)
            self.down.bias.zero_()
            # 与论文不同：论文 up 也取很小的随机数（近似恒等），这里取零，装上时逐位相等
            self.up.weight.zero_()
            self.up.bias.zero_()
        self.to(weight.device)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., in) -> (..., d)。"""
        y = self.base_layer(x)
        if not self.tuning.enabled:
            return y
        h = F.gelu(self.down(y.to(self.down.weight.dtype)), approximate="tanh")  # (..., d) -> (..., m)
        return (y + self.up(h)).to(y.dtype)  # (..., m) -> (..., d)


def add_adapter(model: nn.Module, size: int = 32, seed: int = 0) -> nn.Module:
    """冻结 model，在每层的注意力与 MLP 之后各装一个瓶颈层，就地修改并返回 model。"""
    config = AdapterConfig(size)
    places = targets_in(model, PLACES)
    tuning = begin(model, "adapter", config)

    def make(base: nn.Module, path: str) -> BottleneckAdapter:
        return BottleneckAdapter(base, tuning, size, seeded("adapter", seed, path))

    wrap(model, places, BottleneckAdapter, make)
    return model
