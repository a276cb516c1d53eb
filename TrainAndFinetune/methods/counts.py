"""算出来的数：每种方法训练多少个参数，训练它们要多少权重、梯度、优化器的内存。

教什么：六个式子，每个都是一行乘法；测试里与真的装上之后数的相同。
不教什么：激活占多少（`quantization/memory.py`）。
对应笔记：`5_adapter_prefix.md`、`6_lora.md`。
"""

from types import SimpleNamespace

from TrainAndFinetune.methods.inject import LINEARS
from TrainAndFinetune.quantization import memory


def named(shape: memory.Shape) -> SimpleNamespace:
    """`memory.Shape` 换成 transformers 的字段名：两种都能传给下面的函数。"""
    return SimpleNamespace(
        vocab_size=shape.vocab,
        hidden_size=shape.hidden,
        intermediate_size=shape.mlp,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim,
    )


GEMMA_270M = named(memory.GEMMA_270M)


def linear_shapes(config) -> dict[str, tuple[int, int]]:
    """一层里七个线性层的 (out, in)。"""
    C, F = config.hidden_size, config.intermediate_size
    Q, K = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim
    return {
        "q_proj": (Q, C),
        "k_proj": (K, C),
        "v_proj": (K, C),
        "o_proj": (C, Q),
        "gate_proj": (F, C),
        "up_proj": (F, C),
        "down_proj": (C, F),
    }


def lora_count(config, rank: int = 8, targets: tuple[str, ...] = LINEARS, dora: bool = False) -> int:
    """L × Σ r (in + out)，DoRA 再加每层的 out    式 (6.2)。"""
    shapes = [linear_shapes(config)[target] for target in targets]
    return config.num_hidden_layers * sum(rank * (out + into) + (out if dora else 0) for out, into in shapes)


def adapter_count(config, size: int = 32) -> int:
    """L × 2 × (2 d m + d + m)    式 (5.2)。"""
    C = config.hidden_size
    return config.num_hidden_layers * 2 * (2 * C * size + C + size)


def prefix_count(config, length: int = 16) -> int:
    """L × 2 × H_kv × P × D    式 (5.3)。"""
    return config.num_hidden_layers * 2 * config.num_key_value_heads * length * config.head_dim


def prompt_count(config, length: int = 16) -> int:
    """P × d。"""
    return length * config.hidden_size


def ia3_count(config) -> int:
    """L × (2 H_kv D + F)。"""
    return config.num_hidden_layers * (2 * config.num_key_value_heads * config.head_dim + config.intermediate_size)


def norms_count(config) -> int:
    """L × (4 d + 2 D) + d。"""
    return config.num_hidden_layers * (4 * config.hidden_size + 2 * config.head_dim) + config.hidden_size


def full_count(config) -> int:
    """全部参数：词向量（与输出头共用）、线性层、归一化层。"""
    linears = sum(out * into for out, into in linear_shapes(config).values())
    return config.vocab_size * config.hidden_size + config.num_hidden_layers * linears + norms_count(config)


COUNTS = {
    "full": full_count,
    "adapter": adapter_count,
    "prefix": prefix_count,
    "prompt": prompt_count,
    "lora": lora_count,
    "qlora": lora_count,
    "ia3": ia3_count,
    "norms": norms_count,
}


def training_bytes(total: int, trained: int, weight_bytes: float = 4, trained_bytes: int = 4) -> dict[str, int]:
    """训练时的内存（字节），不含激活：权重、梯度、AdamW 的两份状态（都是 float32）。

    total 是基座的参数个数，trained 是要训练的；trained == total 是全参数微调，否则训练的是另加的。

    >>> training_bytes(1000, 1000)["sum"], training_bytes(1000, 10)["sum"]
    (16000, 4160)
    """
    frozen = 0 if trained == total else total
    parts = {"weights": round(frozen * weight_bytes + trained * trained_bytes)}
    parts |= {"gradients": trained * trained_bytes, "optimizer": trained * 8}
    return parts | {"sum": sum(parts.values())}
