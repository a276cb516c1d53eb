"""NF4（4 位 NormalFloat）：16 个值取自正态分布的分位数，64 个权重共用一个比例，比例自己再量化一次。

教什么：16 个值怎么来；分块量化、二次量化、每个权重的误差上界。
不教什么：GGUF 的各种块（`blocks.py`）；拿它做微调（`methods/quantized.py`）。
怎么跑：被 `1_deploy.py` 与 QLoRA 使用，没有命令行。
对应笔记：`1_deploy.md`「公式」。
出处：QLoRA，Dettmers 等 2023（arXiv 2305.14314）第 3 节与附录 E。
"""

from dataclasses import dataclass, fields, replace
from statistics import NormalDist

import torch
from torch import Tensor

GROUP = 256  # 二次量化：多少个比例共用一个步长


def normal_levels() -> Tensor:
    """16 个值 (16,)，升序，第一个 -1，第 8 个 0，最后一个 1：负的一边 8 个分位数，正的一边 9 个，0 只留一个。

    两边的尾巴各剩多少概率：16 个等概率的格，格心在 1/32；15 个格，格心在 1/30；取两者的平均。

    >>> [round(value, 4) for value in normal_levels()[6:10].tolist()]
    [-0.091, 0.0, 0.0796, 0.1609]
    """
    tail = (1 / 32 + 1 / 30) / 2
    negative = torch.linspace(tail, 0.5, 8, dtype=torch.float64).tolist()  # 7 个负数与 0
    positive = torch.linspace(0.5, 1 - tail, 9, dtype=torch.float64).tolist()  # 0 与 8 个正数
    quantile = NormalDist().inv_cdf
    values = torch.tensor([quantile(p) for p in negative[:-1]] + [0.0] + [quantile(p) for p in positive[1:]])
    return (values / values.abs().max()).float()


LEVELS = normal_levels()
# 一个字节是两个编码（高 4 位在前）：查一次表得两个值  (256, 2)
PAIRS = torch.stack([LEVELS.repeat_interleave(16), LEVELS.repeat(16)], dim=1)


@dataclass(frozen=True)
class NF4Tensor:
    """量化以后的张量：N 个权重，每 `block` 个一块，共 K 块（最后一块用 0 补齐）。"""

    codes: Tensor  # (K * block / 2,) uint8，一个字节两个编码
    scales: Tensor  # (K,)，二次量化以后是 int8，否则是 float32 的块内最大绝对值
    steps: Tensor | None  # (ceil(K / GROUP),) float32，二次量化的步长
    mean: Tensor | None  # () float32，比例的平均：比例都是正的，减去它才用得上 int8 的负半边
    shape: torch.Size
    block: int

    def tensors(self) -> dict[str, Tensor]:
        """存着的张量。"""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, Tensor)}

    @property
    def nbytes(self) -> int:
        """存着的字节。"""
        return sum(value.nbytes for value in self.tensors().values())

    @property
    def bits(self) -> float:
        """平均每个权重几位。"""
        return 8 * self.nbytes / self.shape.numel()

    def to(self, device) -> "NF4Tensor":
        """搬到别的设备。"""
        return replace(self, **{name: value.to(device) for name, value in self.tensors().items()})


def nearest(x: Tensor, levels: Tensor) -> Tensor:
    """x 的每个数离 levels（升序）里哪个最近，给出下标，形状不变；正好在两个中间的取小的。

    >>> nearest(torch.tensor([-2.0, 0.03, 0.04, 1.0]), LEVELS).tolist()
    [0, 7, 8, 15]
    """
    return torch.bucketize(x, (levels[1:] + levels[:-1]) / 2)


def compress_scales(scales: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """二次量化：(K,) float32 -> (K,) int8、每组一个步长、平均。与论文不同：等距的 int8，论文用 8 位浮点。"""
    mean = scales.double().mean().float()  # 先加后除：float32 会溢出
    groups = torch.nn.functional.pad(scales - mean, (0, -len(scales) % GROUP)).view(-1, GROUP)  # (K,) -> (G, GROUP)
    steps = groups.abs().amax(dim=1) / 127
    codes = (groups / steps.clamp(min=torch.finfo(torch.float32).tiny)[:, None]).round().clamp(-127, 127)
    return codes.to(torch.int8).view(-1)[: len(scales)].clone(), steps, mean


def expand_scales(packed: NF4Tensor) -> Tensor:
    """解开的比例 (K,) float32；不会是负的（最小的比例解开后可能略小于 0）。"""
    if packed.steps is None:
        return packed.scales
    steps = packed.steps.repeat_interleave(GROUP)[: len(packed.scales)]  # (G,) -> (K,)
    return (packed.mean + packed.scales * steps).clamp(min=0)


def split_blocks(w: Tensor, block: int) -> Tensor:
    """拉平、补 0、切块：任意形状 -> (K, block) float32。"""
    flat = w.detach().float().reshape(-1)
    return torch.nn.functional.pad(flat, (0, -len(flat) % block)).view(-1, block)


def quantize(w: Tensor, block: int = 64, double: bool = True) -> NF4Tensor:
    """任意形状的权重 -> NF4Tensor；`double` 是要不要二次量化。block 须是正偶数，w 须有限、非空，否则 ValueError。

    >>> packed = quantize(torch.randn(256, 64))
    >>> packed.codes.shape, round(packed.bits, 3)
    (torch.Size([8192]), 4.129)
    """
    if block < 2 or block % 2:
        raise ValueError(f"block={block}：两个编码放一个字节，块长要是正偶数。试试 block=64")
    if not w.numel() or not torch.isfinite(w).all():
        raise ValueError("权重是空的，或者有 inf、nan：最大绝对值没有意义，先查它从哪里来")
    blocks = split_blocks(w, block)
    scales = blocks.abs().amax(dim=1)  # (K, block) -> (K,)
    empty = torch.empty(0, dtype=torch.uint8)
    packed = NF4Tensor(empty, scales, None, None, w.shape, block)
    if double:
        codes, steps, mean = compress_scales(scales)
        packed = replace(packed, scales=codes, steps=steps, mean=mean)
    # region codes
    # 用解开后的比例来找最近的值：二次量化的误差当场补回来一部分
    divisor = expand_scales(packed).clamp(min=torch.finfo(torch.float32).tiny)
    codes = nearest(blocks / divisor[:, None], LEVELS.to(w.device)).to(torch.uint8).view(-1)
    return replace(packed, codes=codes[0::2] << 4 | codes[1::2])  # (N,) -> (N / 2,)
    # endregion


def dequantize(packed: NF4Tensor) -> Tensor:
    """NF4Tensor -> 原来形状的 float32。"""
    pairs = PAIRS.to(packed.codes.device).index_select(0, packed.codes.int())  # (N / 2,) -> (N / 2, 2)
    values = pairs.view(-1, packed.block) * expand_scales(packed)[:, None]  # (K, block)
    return values.view(-1)[: packed.shape.numel()].view(packed.shape)


def error_bound(w: Tensor, packed: NF4Tensor) -> Tensor:
    """每块里任何一个权重的误差上界 (K,)：在两个值之间的，不过最宽的间隔的一半；超出比例的，不过比例少了的那一点。"""
    widest = (LEVELS[1:] - LEVELS[:-1]).max()
    scales, largest = expand_scales(packed), split_blocks(w, packed.block).abs().amax(dim=1)
    return torch.maximum(scales * widest / 2, largest - scales)
