"""(IA)³：只学三个向量，逐通道缩放 k、v 和 MLP 的中间激活。

教什么：参数最少的方法：每层只有 2 × H_kv × D + F 个数，能折进权重的行或列。
不教什么：(IA)³ 原文的多任务混合。
对应笔记：`5_adapter_prefix.md`。
出处：Liu 等 2022（arXiv 2205.05638）3.3 节。
"""

from dataclasses import dataclass

import torch
from torch import nn

from TrainAndFinetune.methods.inject import Tuner, Tuning, adapter_dtype, begin, targets_in, wrap

OUTPUTS, INPUTS = ("k_proj", "v_proj"), ("down_proj",)  # 缩放输出的层，缩放输入的层


@dataclass(frozen=True)
class IA3Config:
    """(IA)³ 的设置：改哪些层。"""

    outputs: tuple[str, ...] = OUTPUTS
    inputs: tuple[str, ...] = INPUTS


class IA3Linear(Tuner):
    """缩放输出 y = l ⊙ (W x)，或缩放输入 y = W (l ⊙ x)；l 从全 1 开始，所以装上时逐位相等。"""

    def __init__(self, base_layer: nn.Module, tuning: Tuning, on_input: bool):
        super().__init__(base_layer, tuning)
        weight, self.on_input = base_layer.weight, on_input
        size = weight.shape[1 if on_input else 0]
        self.scale = nn.Parameter(torch.ones(size, dtype=adapter_dtype(weight), device=weight.device))

    def merged_weight(self, name: str) -> torch.Tensor:
        """缩放输出就是缩放 W 的行，缩放输入就是缩放 W 的列。"""
        with torch.no_grad():
            weight = self.base_layer.weight
            scale = self.scale[None, :] if self.on_input else self.scale[:, None]
            return (weight.to(scale.dtype) * scale).to(weight.dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., in) -> (..., out)。"""
        plain = self.plain()
        if plain is not None:
            return plain(x)
        if self.on_input:
            return self.base_layer((x * self.scale).to(x.dtype))
        y = self.base_layer(x)
        bias = self.base_layer.bias
        scaled = y * self.scale if bias is None else (y - bias) * self.scale + bias
        return scaled.to(y.dtype)


def add_ia3(model: nn.Module, outputs: tuple[str, ...] = OUTPUTS, inputs: tuple[str, ...] = INPUTS) -> nn.Module:
    """冻结 model，装上 (IA)³ 的缩放向量，就地修改并返回 model。没有随机数，所以没有 seed。"""
    config = IA3Config(tuple(outputs), tuple(inputs))
    found = [(targets_in(model, names), on_input) for names, on_input in ((outputs, False), (inputs, True)) if names]
    tuning = begin(model, "ia3", config)
    for places, on_input in found:
        wrap(model, places, IA3Linear, lambda base, _, on_input=on_input: IA3Linear(base, tuning, on_input))
    return model
