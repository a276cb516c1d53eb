"""QLoRA 式：基座的线性层存成 4 位的 NF4，旁边照样学 float32 的 LoRA。

教什么：前向与反向都现解现用，不留下解开的权重；装上 LoRA 的那一刻等于 4 位的基座，不等于原来的基座。
不教什么：NF4 的 16 个值从哪来（`quantization/nf4.py`）、二次量化、分页优化器。
对应笔记：`6_lora.md`。
出处：QLoRA，Dettmers 等 2023（arXiv 2305.14314）第 3 节。
"""

import torch
from torch import nn

from book import UserError
from TrainAndFinetune.methods.inject import LINEARS, Tuner, replace, targets_in
from TrainAndFinetune.methods.lora import LoRAConfig, add_lora
from TrainAndFinetune.quantization.nf4 import dequantize, quantize


class NF4Function(torch.autograd.Function):
    """y = x Ŵᵀ；反向 dx = dy Ŵ 时再解一次，所以图里只留 4 位的编码，不留 Ŵ。"""

    @staticmethod
    def forward(ctx, x: torch.Tensor, layer: "NF4Linear") -> torch.Tensor:
        ctx.layer = layer
        return x @ layer.dense(x.dtype).T

    @staticmethod
    def backward(ctx, dy: torch.Tensor):
        return dy @ ctx.layer.dense(dy.dtype), None


class NF4Linear(nn.Module):
    """权重存成 NF4 的线性层（没有偏置，不能训练）；`weight` 每次现解。"""

    def __init__(self, weight: torch.Tensor, block: int = 64):
        super().__init__()
        self.packed, self.dtype = quantize(weight.detach().float(), block), weight.dtype
        self.out_features, self.in_features = weight.shape

    def dense(self, dtype: torch.dtype) -> torch.Tensor:
        """解开的权重 (out, in)。"""
        return dequantize(self.packed).to(dtype)

    def _apply(self, fn, recurse: bool = True) -> "NF4Linear":
        """`model.to(…)` 只换设备，不换类型：比例转成 bf16 会再丢一次精度。"""
        super()._apply(fn, recurse)
        self.packed = self.packed.to(fn(torch.empty(0)).device)
        return self

    @property
    def weight(self) -> torch.Tensor:
        """解开的权重，类型与量化之前相同。"""
        return self.dense(self.dtype)

    bias = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., in) -> (..., out)。"""
        return NF4Function.apply(x, self)


def quantize_base(model: nn.Module, block: int = 64) -> nn.Module:
    """把七种线性层都换成 NF4Linear，就地修改并返回 model；词向量与归一化层不动。"""
    for name, module in targets_in(model, LINEARS):
        if isinstance(module, Tuner):
            raise UserError("先量化基座，再装 adapter；先 unload(model)")
        if isinstance(module, nn.Linear):
            if module.bias is not None:
                raise UserError(f"{name} 有偏置，NF4Linear 只做没有偏置的线性层")
            replace(model, name, NF4Linear(module.weight, block))
    return model


def add_quantized_lora(model: nn.Module, block: int = 64, **options) -> nn.Module:
    """冻结 model，线性层换成 NF4，再装 LoRA（options 同 add_lora），就地修改并返回 model。"""
    LoRAConfig(**{key: value for key, value in options.items() if key not in ("name", "seed")})  # 先查错，再动模型
    return add_lora(quantize_base(model, block), **options)
