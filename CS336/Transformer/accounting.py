"""记账：参数、浮点运算、内存，用公式算，再与数出来的比。

教什么：(m, k) 乘 (k, n) 是 2mkn 次浮点运算；前向、反向各几次；训练时内存花在哪里。
怎么跑：`python CS336/Transformer/accounting.py`（五种配置的表，3 秒）。
对应笔记：`Transformer.md`；与 torch 的 FlopCounterMode 的比较见 `tests/test_cs336_model.py`。
"""

from dataclasses import dataclass

from book import Parser, emit_result, run
from CS336.Transformer.layers import default_d_ff


@dataclass(frozen=True)
class Shape:
    """决定模型大小的几个数；V 词表，T 上下文，C 宽，L 层，H 头，F 前馈的宽。"""

    V: int
    T: int
    C: int
    L: int
    H: int
    F: int | None = None

    @property
    def width(self) -> int:
        return default_d_ff(self.C) if self.F is None else self.F


# 作业讲义的基本配置、GPT-2 的三种大小（用本章的架构：SwiGLU、没有偏置），与本章默认训练的
SHAPES = {
    "handout": Shape(10_000, 256, 512, 4, 16, 1344),
    "gpt2-small": Shape(50_257, 1024, 768, 12, 12),
    "gpt2-medium": Shape(50_257, 1024, 1024, 24, 16),
    "gpt2-xl": Shape(50_257, 1024, 1600, 48, 25),
    "small": Shape(4000, 128, 128, 4, 4),
}


def parameter_groups(s: Shape) -> dict[str, int]:
    """参数在哪里。

    >>> sum(parameter_groups(SHAPES["handout"]).values())
    22696448
    """
    return {
        "embedding": s.V * s.C,
        "attention": s.L * 4 * s.C * s.C,  # q k v output
        "ffn": s.L * 3 * s.C * s.width,  # w1 w2 w3
        "norm": (2 * s.L + 1) * s.C,
        "lm_head": s.V * s.C,
    }


def forward_flops(s: Shape, B: int = 1, T: int | None = None) -> dict[str, int]:
    """一次前向里矩阵乘的浮点运算数；逐元素的不算，它们不到百分之几。"""
    T = s.T if T is None else T
    return {
        "projections": s.L * 4 * 2 * B * T * s.C * s.C,
        "scores": s.L * 2 * 2 * B * T * T * s.C,  # q kᵀ 与 w v：各 H 个 (T, D) x (D, T)
        "ffn": s.L * 3 * 2 * B * T * s.C * s.width,
        "lm_head": 2 * B * T * s.C * s.V,
    }


def training_flops(s: Shape, B: int = 1, T: int | None = None) -> int:
    """一步训练的：反向对输入、对权重各要一次同样大的矩阵乘，所以是前向的 3 倍。"""
    return 3 * sum(forward_flops(s, B, T).values())


def training_bytes(s: Shape, B: int = 1, T: int | None = None) -> dict[str, int]:
    """训练一步要的内存（float32，字节）。激活只数本章的写法留给反向的大张量，见 Transformer.md。"""
    T = s.T if T is None else T
    N = sum(parameter_groups(s).values())
    return {"parameters": 4 * N, "gradients": 4 * N, "adam": 8 * N, "logits": 4 * B * T * s.V}


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    print(f"{'配置':12s} {'参数':>15s} {'前向 FLOPs':>16s} {'注意力分数占':>10s} {'训练内存（不含激活）':>12s}")
    rows = {}
    for name, s in SHAPES.items():
        N, flops = sum(parameter_groups(s).values()), forward_flops(s)
        total, memory = sum(flops.values()), 16 * N
        print(f"{name:12s} {N:>17,} {total:>16.4g} {flops['scores'] / total:>14.1%} {memory / 1e9:>16.2f} GB")
        rows[name] = {"parameters": N, "forward_flops": total, "scores_share": flops["scores"] / total, "bytes": memory}
    return emit_result(rows)


if __name__ == "__main__":
    run(main)
