"""加载之前先算内存：权重、键值缓存、训练时留给反向的激活、优化器。

教什么：四笔账各由哪几个数相乘；滑动窗口省下多少；训练一个词元为什么要几 MB。
不教什么：分配器的碎片、框架本身的几百 MB、内核的临时缓冲。
怎么跑：被 `download_model.py --list` 与 `1_deploy.py` 使用，没有命令行。不导入 torch。
对应笔记：`1_deploy.md`「公式」。测试里每一笔都与 transformers 实际占的逐字节相等。
"""

import os
from dataclasses import dataclass
from pathlib import Path

from book import UserError


@dataclass(frozen=True)
class Shape:
    """一个解码器的形状。"""

    layers: int
    hidden: int  # C
    heads: int  # 查询头数
    kv_heads: int  # 键与值的头数
    head_dim: int  # D
    mlp: int  # 前馈的宽度
    vocab: int  # V
    window: int = 0  # 滑动窗口；0 是没有
    every: int = 1  # 每几层有一层看全部，其余只看窗口

    @property
    def global_layers(self) -> int:
        """看全部词元的层数。"""
        return self.layers // self.every if self.window else self.layers


GEMMA_270M = Shape(18, 640, 4, 1, 256, 2048, 262_144, window=512, every=6)


def parameter_count(shape: Shape) -> int:
    """Gemma 3 的参数个数：词向量（与输出层共用）、注意力、前馈、归一化（每层 4 个宽 C、2 个宽 D，最后 1 个）。

    >>> parameter_count(GEMMA_270M)
    268098176
    """
    q, k = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    layer = shape.hidden * (2 * q + 2 * k + 3 * shape.mlp) + 4 * shape.hidden + 2 * shape.head_dim
    return shape.vocab * shape.hidden + shape.layers * layer + shape.hidden


def weight_bytes(parameters: int, bits: float) -> int:
    """权重：个数 × 平均位数 / 8。

    >>> weight_bytes(268_098_176, 16), weight_bytes(7_000_000_000, 4.5)
    (536196352, 3937500000)
    """
    return round(parameters * bits / 8)


def kv_bytes(shape: Shape, tokens: int, element: int = 2) -> int:
    """tokens 个词元的 键值缓存：每层 2（键与值）× 留下的词元 × 头数 × D × 一个数的字节。

    看窗口的层只留 window - 1 个：下一个词元自己占窗口的最后一格。

    >>> kv_bytes(GEMMA_270M, 4096), kv_bytes(Shape(18, 640, 4, 1, 256, 2048, 262_144), 4096)
    (20431872, 75497472)
    """
    kept = min(tokens, shape.window - 1) if shape.window else tokens
    total = shape.global_layers * tokens + (shape.layers - shape.global_layers) * kept
    return 2 * shape.kv_heads * shape.head_dim * total * element


def activation_bytes(shape: Shape, tokens: int, logits: int | None = None, element: int = 4) -> int:
    """训练的一步里，前向留给反向的张量（Gemma 3，与词元数成正比的全部）；`logits` 是算损失的位置数，默认全部。

    每层每个词元：4 个归一化各留输入与归一化以后的值 8 C、两处线性层的输入 2 C；注意力的查询与键各 3 份、
    值与输出各 1 份；前馈 4 份宽 M；各种标量 2 H + H_kv + 4。最后的归一化 3 C + 1，log_softmax 留 V。
    """
    c, q, k = shape.hidden, shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    layer = 10 * c + 4 * q + 4 * k + 4 * shape.mlp + 2 * shape.heads + shape.kv_heads + 4
    logits = tokens if logits is None else logits
    return element * (tokens * (shape.layers * layer + 3 * c + 1) + logits * shape.vocab)


@dataclass(frozen=True)
class Training:
    """训练的四笔账，单位字节。"""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations


def training_bytes(shape: Shape, trainable: int, tokens: int, bits: float = 32, logits: int | None = None) -> Training:
    """一步训练：`bits` 位的权重，trainable 个参数各有 float32 的梯度（4 字节）与 AdamW 的两份状态（8 字节）。

    >>> account = training_bytes(GEMMA_270M, parameter_count(GEMMA_270M), 512)
    >>> [round(part / 1e6) for part in (account.weights, account.gradients, account.optimizer, account.activations)]
    [1072, 1072, 2145, 1268]
    """
    weights = weight_bytes(parameter_count(shape), bits)
    return Training(weights, 4 * trainable, 8 * trainable, activation_bytes(shape, tokens, logits))


def inference_bytes(file_bytes: int, shape: Shape, tokens: int = 4096) -> int:
    """推理：文件里的权重原样放进内存，加上 tokens 个词元的 float16 缓存。"""
    return file_bytes + kv_bytes(shape, tokens)


def available_bytes() -> int | None:
    """现在还能用多少内存；问不到（Windows、macOS 的一部分）是 None。"""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def require_memory(needed: int, what: str) -> None:
    """要 needed 字节，放不下就在动手之前抛 UserError：等到分配时才失败，系统可能先杀掉别的程序。"""
    free = available_bytes()
    if free is not None and free < needed:
        raise UserError(
            f"{what}要约 {needed / 1e9:.1f} GB 内存，现在只有 {free / 1e9:.1f} GB；关掉别的程序，或换小一点的模型"
        )
