"""LoRA：冻结 W，旁边学一个低秩的改动 ΔW = (α/r) B A。

教什么：前向、初始化、缩放（α/r 与 rsLoRA 的 α/√r）、DoRA 的方向与长度、一层里放几个 adapter、一批里各行用各的。
不教什么：保存与加载（`saving.py`）、合并与切换（`switching.py`）、4 位的基座（`quantized.py`）。
对应笔记：`6_lora.md`。
出处：LoRA，Hu 等 2021（arXiv 2106.09685）第 4 节；rsLoRA，Kalajdzievski 2023（2312.03732）；
      DoRA，Liu 等 2024（2402.09353）。
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from book import UserError, seeded
from TrainAndFinetune.methods.inject import LINEARS, Tuner, Tuning, adapter_dtype, begin, targets_in, wrap


@dataclass(frozen=True)
class LoRAConfig:
    """一个 LoRA adapter 的设置。

    >>> LoRAConfig(rank=8, alpha=16.0).scale, LoRAConfig(rank=16, alpha=16.0, rslora=True).scale
    (2.0, 4.0)
    """

    rank: int = 8  # r，B A 的秩
    alpha: float = 16.0  # α，改动的大小
    targets: tuple[str, ...] = LINEARS  # 改哪些线性层，名字的最后一节
    dropout: float = 0.0  # 只作用在进 A 的输入上
    rslora: bool = False  # 缩放用 α/√r
    dora: bool = False  # 长度另学

    def __post_init__(self):
        if isinstance(self.rank, bool) or not isinstance(self.rank, int) or self.rank < 1:
            raise UserError(f"收到 rank={self.rank!r}，秩是正整数；试试 rank=8")
        if not (math.isfinite(self.alpha) and self.alpha > 0):
            raise UserError(f"收到 alpha={self.alpha}，需要正数：缩放是 alpha/rank；试试 alpha=16")
        if not 0 <= self.dropout < 1:
            raise UserError(f"收到 dropout={self.dropout}，需要 0 ≤ dropout < 1；0 是不用")
        if isinstance(self.targets, str) or not self.targets:
            raise UserError(f'收到 targets={self.targets!r}，需要层名的元组；试试 ("q_proj", "v_proj")')

    @property
    def scale(self) -> float:
        """B A 前面的系数：α/r；rsLoRA 是 α/√r，秩大的时候改动不会变小。"""
        return self.alpha / (math.sqrt(self.rank) if self.rslora else self.rank)


class LoRALinear(Tuner):
    """包住一个线性层：y = x Wᵀ + s (x Aᵀ) Bᵀ    式 (6.1)。

    A (r, in)、B (out, r)，每个 adapter 一对，名字作键；s = config.scale。

    >>> layer = LoRALinear(nn.Linear(6, 4, bias=False))
    >>> layer.add("default", LoRAConfig(rank=2))
    >>> layer.lora_A["default"].shape, layer.lora_B["default"].shape
    (torch.Size([2, 6]), torch.Size([4, 2]))
    """

    def __init__(self, base_layer: nn.Module, tuning: Tuning | None = None):
        super().__init__(base_layer, tuning or Tuning("lora"))
        self.lora_A, self.lora_B = nn.ParameterDict(), nn.ParameterDict()
        self.magnitude = nn.ParameterDict()  # 只有 DoRA 的 adapter 在里面

    def add(self, name: str, config: LoRAConfig, generator: torch.Generator | None = None) -> None:
        """加一个 adapter：A 均匀随机，B 全零，所以 ΔW = 0，装上的那一刻什么都没变。"""
        weight = self.base_layer.weight
        out_features, in_features = weight.shape
        dtype = adapter_dtype(weight)
        # 与 nn.Linear 的默认初始化同分布：U(-1/√in, 1/√in)
        A = (torch.rand(config.rank, in_features, generator=generator, dtype=dtype) * 2 - 1) / math.sqrt(in_features)
        # 两个都随机，ΔW 一开始就不是零；两个都零，dA = s (g B)ᵀ x 与 dB = s gᵀ (x Aᵀ) 都是零，永远不动
        B = torch.zeros(out_features, config.rank, dtype=dtype)
        self.lora_A[name] = nn.Parameter(A.to(weight.device))
        self.lora_B[name] = nn.Parameter(B.to(weight.device))
        self.tuning.configs.setdefault(name, config)
        if config.dora:
            self.magnitude[name] = nn.Parameter(self.row_norm(name).clone())

    def delta(self, name: str) -> torch.Tensor:
        """ΔW = s B A    (out, r) (r, in) -> (out, in)。"""
        return self.tuning.configs[name].scale * (self.lora_B[name] @ self.lora_A[name])

    def row_norm(self, name: str) -> torch.Tensor:
        """W + ΔW 每一行的长度 (out,)。当常数用，不求梯度（DoRA 4.3 节），省一大块显存。"""
        with torch.no_grad():
            return (self.base_layer.weight.to(self.lora_A[name].dtype) + self.delta(name)).norm(dim=1)

    def merged_weight(self, name: str) -> torch.Tensor:
        """折进 adapter 之后的权重 (out, in)：先在 adapter 的精度里加，再转回基座的类型。"""
        with torch.no_grad():
            weight = self.base_layer.weight
            merged = weight.to(self.lora_A[name].dtype) + self.delta(name)
            if name in self.magnitude:
                merged = (self.magnitude[name] / self.row_norm(name))[:, None] * merged
            return merged.to(weight.dtype)

    def adapted(self, x: torch.Tensor, y: torch.Tensor, name: str) -> torch.Tensor:
        """基座的输出 y 加上 adapter 的一份：x (..., in)，y (..., out) -> (..., out)。"""
        if name not in self.lora_A:  # 几个 adapter 的 targets 可以不同
            return y
        config, A, B = self.tuning.configs[name], self.lora_A[name], self.lora_B[name]
        x = F.dropout(x, config.dropout, self.training).to(A.dtype)
        h = F.linear(x, A)  # (..., in) -> (..., r)
        if name in self.magnitude:
            bias = self.base_layer.bias
            y = y if bias is None else y - bias
            # m / ‖W + ΔW‖ ⊙ x (W + ΔW)ᵀ    式 (6.4)
            rescaled = (self.magnitude[name] / self.row_norm(name)) * (y + config.scale * F.linear(h, B))
            return (rescaled if bias is None else rescaled + bias).to(y.dtype)
        if y.dtype != B.dtype:  # bf16 的基座：在 float32 里加，最后舍入一次
            return (y + config.scale * F.linear(h, B)).to(y.dtype)
        # addmm 把乘 s、乘 B、加到 y 上合成一次，不另存 (..., out) 的中间结果
        flat = torch.addmm(y.flatten(0, -2), h.flatten(0, -2), B.T, alpha=config.scale)
        return flat.view(y.shape)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, ..., in) -> (B, ..., out)。"""
        plain, rows = self.plain(), self.tuning.rows
        y = (plain or self.base_layer)(x)
        if plain is not None:
            return y
        if rows is None:
            return self.adapted(x, y, self.tuning.active)
        if len(rows) != x.shape[0]:
            raise ValueError(f"adapter_rows 给了 {len(rows)} 行，这一批有 {x.shape[0]} 行；每一行都要有一个名字或 None")
        for name in dict.fromkeys(row for row in rows if row is not None):
            index = torch.tensor([i for i, row in enumerate(rows) if row == name], device=x.device)
            y = y.index_copy(0, index, self.adapted(x[index], y[index], name))
        return y


def add_lora(
    model: nn.Module,
    rank: int = 8,
    alpha: float = 16.0,
    targets: tuple[str, ...] = LINEARS,
    dropout: float = 0.0,
    rslora: bool = False,
    dora: bool = False,
    name: str = "default",
    seed: int = 0,
) -> nn.Module:
    """冻结 model，给 targets 的每个线性层装一个 LoRA，就地修改并返回 model。再调一次（换个 name）装第二个。"""
    config = LoRAConfig(rank, float(alpha), tuple(targets), dropout, rslora, dora)
    places = targets_in(model, config.targets)
    for path, module in places:
        if not isinstance(module, LoRALinear) and not hasattr(module, "in_features"):
            raise UserError(f"{path} 是 {type(module).__name__}，LoRA 只装在线性层上；targets 试试 {LINEARS}")
    tuning = begin(model, "lora", config, name)
    for path, layer in wrap(model, places, LoRALinear, lambda base, _: LoRALinear(base, tuning)):
        layer.add(name, config, seeded("lora", seed, path))
    return model
