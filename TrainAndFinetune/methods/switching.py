"""装好之后怎样用：切换、关掉、一批里混用、合并、拆开、卸下。

教什么：同一个基座、几个几 MB 的 adapter，换任务只是换一个名字；合并之后一步都不多算，拆开要能回到原来。
不教什么：几个 adapter 怎样加权合成一个。
对应笔记：`6_lora.md`、`7_peft.md`。
"""

import copy
from contextlib import contextmanager

from torch import nn

from book import UserError
from TrainAndFinetune.methods.inject import (
    Tuner,
    Tuning,
    freeze,
    own_parameters,
    replace,
    require_unmerged,
    tuners,
    tuning_of,
)


def known(tuning: Tuning, name: str) -> str:
    """确认有叫 name 的 adapter。"""
    if name not in tuning.configs:
        raise UserError(f"没有叫 {name} 的 adapter；有的是 {sorted(tuning.configs)}")
    return name


def set_adapter(model: nn.Module, name: str) -> None:
    """换成叫 name 的 adapter：前向只用它，也只训练它。"""
    tuning = tuning_of(model)
    known(tuning, name)
    require_unmerged(model)
    freeze(model)
    tuning.active = name
    for path, parameter in own_parameters(model).items():
        # LoRA 的参数名以 adapter 的名字结尾：….lora_A.default
        parameter.requires_grad_(tuning.method != "lora" or path.rpartition(".")[2] == name)


@contextmanager
def disabled(model: nn.Module):
    """`with disabled(model):` 里与基座逐位相同；出来恢复原样。DPO 的参考模型就是它，不必再装一份。"""
    tuning = tuning_of(model)
    before, tuning.enabled = tuning.enabled, False
    try:
        yield model
    finally:
        tuning.enabled = before


@contextmanager
def adapter_rows(model: nn.Module, names):
    """`with adapter_rows(model, ["a", None, "b"]):` 里，一批的每一行各用各的 LoRA；None 是基座。"""
    tuning = tuning_of(model)
    if tuning.method != "lora":
        raise UserError(f"一批里混用只有 LoRA 会做，模型上装的是 {tuning.method}")
    require_unmerged(model)
    rows = tuple(name if name is None else known(tuning, name) for name in names)
    before, tuning.rows = tuning.rows, rows
    try:
        yield model
    finally:
        tuning.rows = before


def merged_copy(layer: Tuner, name: str) -> nn.Module:
    """一个新的、权重里已经有 adapter 的层；原来的层不动。"""
    base, weight = layer.base_layer, layer.merged_weight(name)
    if isinstance(getattr(base, "weight", None), nn.Parameter):
        merged = copy.deepcopy(base)
    else:  # 4 位的层合并之后是普通的线性层
        merged = nn.Linear(base.in_features, base.out_features, bias=False, device="meta")
    merged.weight = nn.Parameter(weight, requires_grad=False)
    return merged


def merge(model: nn.Module) -> None:
    """把现在用的 adapter 折进权重：前向不再多算。每层另存一份合并的权重，原来的留着给 unmerge。"""
    tuning = tuning_of(model)
    if hasattr(model, "prefix") or hasattr(model, "prompt"):
        raise UserError(f"{tuning.method} 在序列里，不在权重里，合并不了；带着它一起用")
    require_unmerged(model)
    name = tuning.active
    layers = [layer for layer in tuners(model).values() if not hasattr(layer, "lora_A") or name in layer.lora_A]
    for layer, merged in [(layer, merged_copy(layer, name)) for layer in layers]:
        layer.merged_layer = merged


def unmerge(model: nn.Module) -> None:
    """拆开：换回原来那一份权重，逐位相同。减回去（W + ΔW − ΔW）做不到，bf16 尤其差得多。"""
    tuning_of(model)
    for layer in tuners(model).values():
        layer.merged_layer = None


def unload(model: nn.Module) -> nn.Module:
    """卸下：包过的层换回普通的层。合并着就留下合并的权重，没合并就回到基座。返回 model。"""
    tuning_of(model)
    for name, layer in tuners(model).items():
        replace(model, name, layer.merged_layer or layer.base_layer)
    for soft in ("prefix", "prompt"):
        if hasattr(model, soft):
            getattr(model, soft).detach()
            delattr(model, soft)
    del model.tuning
    return model


def delete_adapter(model: nn.Module, name: str) -> None:
    """删掉一个不在用的 LoRA。"""
    tuning = tuning_of(model)
    known(tuning, name)
    if tuning.method != "lora" or name == tuning.active:
        raise UserError(f"{name} 正在用；先 set_adapter 换成别的，或者 unload(model)")
    del tuning.configs[name]
    for layer in tuners(model).values():
        for container in (layer.lora_A, layer.lora_B, layer.magnitude):
            if name in container:
                del container[name]
