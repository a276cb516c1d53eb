"""把可训练的小部件装进冻结的模型：找到目标层、换成包了一层的、冻结其余。

教什么：各种方法共有的三件事：冻结基座、按名字替换子模块、记住现在用哪一个 adapter。
不教什么：每种方法自己算什么（`lora.py`、`adapter.py`、`prefix.py` …）。
对应笔记：`5_adapter_prefix.md`、`6_lora.md`。
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

from book import UserError

LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass
class Tuning:
    """一个模型的微调状态，挂在 `model.tuning`；所有包过的层共用这一份，切换 adapter 只改这里一处。"""

    method: str  # lora、adapter、prefix、prompt、ia3、norms
    configs: dict = field(default_factory=dict)  # adapter 的名字 -> 它的设置
    active: str = "default"  # 现在用的
    enabled: bool = True  # False：与基座相同
    rows: tuple | None = None  # 一批里每一行各用哪个（None 是基座）；整个是 None：全用 active


class Added(nn.Module):
    """我们加进模型的模块；`tuning` 只是一个引用，几百个层看的是同一个开关。"""

    def __init__(self, tuning: Tuning):
        super().__init__()
        self.tuning = tuning


class Tuner(Added):
    """包在基座的一层外面的模块：`base_layer` 是原来的层，`merged_layer` 是合并之后的那一份（没合并是 None）。"""

    def __init__(self, base_layer: nn.Module, tuning: Tuning):
        super().__init__(tuning)
        self.base_layer = base_layer
        self.register_module("merged_layer", None)

    def plain(self) -> nn.Module | None:
        """不需要算 adapter 的时候直接用哪一层：关着用基座，合并了用合并的；要算就返回 None。"""
        if not self.tuning.enabled:
            return self.base_layer
        return self.merged_layer

    def merged_weight(self, name: str) -> torch.Tensor:
        """把 adapter 折进去之后的权重；合不进去的方法不定义它。"""
        raise UserError(f"{self.tuning.method} 多算了一步非线性，折不进原来的权重；能合并的是 lora、qlora、ia3、norms")


def freeze(model: nn.Module) -> None:
    """全部参数不再求梯度：优化器不为它们建状态，反向也不算它们的梯度。"""
    model.requires_grad_(False)


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """要训练的参数：名字 -> 参数。`torch.optim.AdamW(trainable(model).values())`。"""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def own_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """我们加进去的参数（不论现在训练不训练）：名字 -> 参数；基座的不在里面。"""
    return {
        f"{path}.{name}": parameter
        for path, module in model.named_modules()
        if isinstance(module, Added)
        for name, parameter in module.named_parameters()
        if not name.startswith(("base_layer.", "merged_layer."))
    }


def tuning_of(model: nn.Module) -> Tuning:
    """模型上的微调状态；没有装过任何方法就抛 UserError。"""
    tuning = getattr(model, "tuning", None)
    if tuning is None:
        raise UserError("这个模型上还没有 adapter；先用 add_lora、add_adapter 之类装一个，或 load_adapter 加载一个")
    return tuning


def begin(model: nn.Module, method: str, config, name: str = "default") -> Tuning:
    """冻结模型、登记一个 adapter，返回它的 Tuning；一个模型只装一种方法，只有 LoRA 能装几个。"""
    tuning = getattr(model, "tuning", None) or Tuning(method)
    if tuning.method != method:
        raise UserError(f"模型上已经装了 {tuning.method}，不能再装 {method}；先 unload(model)")
    if tuning.configs and method != "lora":
        raise UserError(f"模型上已经装了 {method}，它只能有一个；先 unload(model)")
    if name in tuning.configs:
        raise UserError(f"已经有名叫 {name} 的 adapter（{sorted(tuning.configs)}）；换一个名字")
    if "." in name or not name:
        raise UserError(f"收到 adapter 的名字 {name!r}；不能空，也不能有点号（它要作参数名的一节）")
    require_unmerged(model)
    freeze(model)
    tuning.configs[name] = config
    tuning.active, tuning.rows = name, None
    model.tuning = tuning
    return tuning


def adapter_dtype(weight: torch.Tensor) -> torch.dtype:
    """adapter 的类型：至少 float32。基座可以是 bf16，学习率 1e-4 的一小步在 bf16 里会被舍掉。

    >>> adapter_dtype(torch.zeros(1, dtype=torch.bfloat16)), adapter_dtype(torch.zeros(1, dtype=torch.float64))
    (torch.float32, torch.float64)
    """
    return torch.promote_types(weight.dtype, torch.float32)


def tuners(model: nn.Module, kind: type = Tuner) -> dict[str, Tuner]:
    """模型里包过的层：名字 -> 层。"""
    return {name: module for name, module in model.named_modules() if isinstance(module, kind)}


def require_unmerged(model: nn.Module) -> None:
    """合并着的时候不能切换，也不能再装：权重里已经有一个了。"""
    if any(layer.merged_layer is not None for layer in tuners(model).values()):
        raise UserError("adapter 合并着；先 unmerge(model)，再切换、合并或装别的")


def targets_in(model: nn.Module, targets: tuple[str, ...]) -> list[tuple[str, nn.Module]]:
    """名字的最后一节在 targets 里的子模块；哪一个目标一层都没找到，就抛 UserError。"""
    found = [(name, m) for name, m in model.named_modules() if name.rpartition(".")[2] in targets]
    missing = sorted(set(targets) - {name.rpartition(".")[2] for name, _ in found})
    if missing or not found:
        have = sorted({n.rpartition(".")[2] for n, m in model.named_modules() if isinstance(m, nn.Linear)})
        raise UserError(f"模型里没有叫 {missing} 的层；targets 写层名的最后一节，这个模型的线性层有 {have}")
    return found


def replace(model: nn.Module, name: str, module: nn.Module) -> None:
    """把名叫 name 的子模块换成 module。"""
    parent, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(parent), leaf, module)


def wrap(model: nn.Module, places: list, kind: type, make: Callable[[nn.Module, str], Tuner]) -> list:
    """places（`targets_in` 找到的）里每一层包成 `make(层, 名字)`；已经是 kind 的不再包。返回包过的层 [(名字, 层)]。"""
    wrapped = []
    for name, module in places:
        if not isinstance(module, kind):
            module = make(module, name).train(module.training)  # 新模块默认是训练状态：eval 的模型里 dropout 会开着
            replace(model, name, module)
        wrapped.append((name, module))
    return wrapped
