"""记账：参数、浮点运算、内存，用公式算，再与数出来的比。

教什么：(m, k) 乘 (k, n) 是 2mkn 次浮点运算；前向、反向各几次；训练时内存花在哪里。
怎么跑：`python CS336/Transformer/accounting.py`（五种配置的表，3 秒；`--batch` 改一批几句）。
对应笔记：`Transformer.md`；与 torch 的 FlopCounterMode、与自动求导真正留下的张量的比较见 `tests/test_cs336_model.py`。
"""

from dataclasses import dataclass

from book import Parser, emit_result, positive_int, run
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
    """一次前向里矩阵乘的浮点运算数；逐元素的不算：它们每个数只要几次，矩阵乘每个数要 2k 次，k 至少是 D。"""
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


def activation_bytes(s: Shape, B: int = 1, T: int | None = None) -> dict[str, int]:
    """本章的写法在前向里留给反向的张量（float32，字节），不含参数；每一个是谁见 Transformer.md。"""
    T = s.T if T is None else T
    one = 4 * B * T  # 每个词留一个 float32
    return {
        # 归一化的输入、x̂、输出各两次，旋转后的 q k，v，拼好的输出；再加两个 1/RMS
        "width": s.L * one * (10 * s.C + 2),
        "scores": s.L * one * s.H * (2 * T + 1),  # exp 的结果、权重，与每行之和
        "mask": s.L * T * T,  # 布尔，一字节一个
        "ffn": s.L * one * 5 * s.width,  # W₁x、σ(W₁x)、SiLU(W₁x)、W₃x、相乘的结果
        # 最后的归一化，logits、它的 exp 与每行之和；输入与目标的编号是 int64
        "outer": one * (3 * s.C + 1) + one * (2 * s.V + 1) + 2 * 8 * B * T,
    }


def training_bytes(s: Shape, B: int = 1, T: int | None = None) -> dict[str, int]:
    """训练一步要的内存（float32，字节）：前三项与批的大小无关，激活与它成正比（掩码除外）。"""
    N = sum(parameter_groups(s).values())
    activations = sum(activation_bytes(s, B, T).values())
    return {"parameters": 4 * N, "gradients": 4 * N, "adam": 8 * N, "activations": activations}


def account(s: Shape, B: int = 1) -> dict[str, float]:
    """一种配置的一行：参数、FLOPs、内存，与「6N」差多少。"""
    groups, flops, memory = parameter_groups(s), forward_flops(s, B), training_bytes(s, B)
    N, total = sum(groups.values()), sum(flops.values())
    inside = N - groups["embedding"]  # 查表不是矩阵乘，词向量不算在 6N 的 N 里
    return {
        "parameters": N,
        "embedding_share": (groups["embedding"] + groups["lm_head"]) / N,
        "ffn_share": groups["ffn"] / N,
        "forward_flops": total,
        "scores_share": flops["scores"] / total,
        "flops_over_6n": training_flops(s, B) / (6 * inside * B * s.T),
        "fixed_gb": (sum(memory.values()) - memory["activations"]) / 1e9,
        "activations_gb": memory["activations"] / 1e9,
    }


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("--batch", type=positive_int, default=1, metavar="B", help="一批几句，默认 1")
    args = parser.parse_args(argv)
    print(f"一批 {args.batch} 句，float32\n配置              参数   前向 FLOPs  分数占  FLOPs/6N  固定内存  激活")
    rows = {name: account(s, args.batch) for name, s in SHAPES.items()}
    for name, row in rows.items():
        size = f"{name:11s} {row['parameters']:>13,} {row['forward_flops']:>12.4g}"
        ratios = f"{row['scores_share']:>7.1%} {row['flops_over_6n']:>8.2f}"
        print(f"{size} {ratios} {row['fixed_gb']:>7.2f} GB {row['activations_gb']:>6.2f} GB")
    return emit_result({"batch": args.batch, "rows": [{"name": name, **row} for name, row in rows.items()]})


if __name__ == "__main__":
    run(main)
