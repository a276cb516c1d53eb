"""只训练归一化层的权重：没有偏置的模型上的 BitFit。

教什么：万分之几的参数能做多少；怎样让它也能关掉、保存、合并。
不教什么：BitFit 原文训练的偏置（Gemma 3 的线性层没有偏置）。
对应笔记：`5_adapter_prefix.md`。
出处：BitFit，Ben Zaken 等 2021（arXiv 2106.10199）；归一化层，Zhao 等 2023（2312.11420）。
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.func import functional_call

from TrainAndFinetune.methods.inject import Tuner, Tuning, adapter_dtype, begin, targets_in, wrap


@dataclass(frozen=True)
class NormsConfig:
    """训练哪些归一化层，名字的最后一节。"""

    targets: tuple[str, ...] = (
        "input_layernorm",
        "post_attention_layernorm",
        "pre_feedforward_layernorm",
        "post_feedforward_layernorm",
        "q_norm",
        "k_norm",
        "norm",
    )


class TunedNorm(Tuner):
    """同一个归一化层，权重换成自己的一份拷贝 (d,)；基座的那一份原样留着，关掉就是它。"""

    def __init__(self, base_layer: nn.Module, tuning: Tuning):
        super().__init__(base_layer, tuning)
        weight = base_layer.weight
        self.weight = nn.Parameter(weight.detach().to(adapter_dtype(weight), copy=True))

    def merged_weight(self, name: str) -> torch.Tensor:
        """合并就是用训练过的权重替下原来的。"""
        return self.weight.detach().to(self.base_layer.weight.dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., d) -> (..., d)。"""
        plain = self.plain()
        if plain is not None:
            return plain(x)
        return functional_call(self.base_layer, {"weight": self.weight}, (x,))


def train_norms(model: nn.Module) -> nn.Module:
    """冻结 model，只训练全部归一化层的权重，就地修改并返回 model。"""
    config = NormsConfig()
    places = targets_in(model, config.targets)
    tuning = begin(model, "norms", config)
    wrap(model, places, TunedNorm, lambda base, _: TunedNorm(base, tuning))
    return model
