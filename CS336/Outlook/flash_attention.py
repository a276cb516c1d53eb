"""分块注意力：FlashAttention 的算法用 PyTorch 写出来，与写开的注意力比较输出、梯度、内存、快慢。

教什么：在线 softmax；一块一块地算注意力，从不存下 T x T 的表；反向时把那张表再算一遍；两种写错的后果。
不教什么：真正的加速。它来自一个留在片上内存里的 GPU 内核；用 Python 的循环写，只省内存，不省时间。
怎么跑：`python CS336/Outlook/flash_attention.py`（CPU 时间约 1 分钟），`--smoke`（约 5 秒）。
对应笔记：`outlook.md` 第 1 部分。
"""

import time
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from book import Parser, UserError, common_options, emit_result, output_dir, pick_device, positive_int, run
from book.timing import compare
from CS336.Outlook.display import show
from CS336.Outlook.memory import peak_bytes
from CS336.Outlook.tiling import (
    BLOCK,
    blocks,
    flash_attention,
    forget_the_maximum,
    forget_to_rescale,
    plain_attention,
    visible,
)

LENGTHS = (256, 512, 1024, 2048, 4096)
HEAD_DIM = 64
BLOCK_SIZES = (16, 32, 64, 128, 256)


def inputs(*shape: int, generator: torch.Generator, scale: float = 1.0, grad: bool = False) -> list[Tensor]:
    """随机的 q、k、v；scale 放大 q，从而放大分数。"""
    q, k, v = (torch.randn(*shape, generator=generator) for _ in range(3))
    return [x.requires_grad_(grad) for x in (q * scale, k, v)]


def gap(a: Tensor, b: Tensor) -> float:
    """最大绝对误差。"""
    return (a - b).abs().max().item()


def part_equality(generator: torch.Generator, T: int) -> dict:
    """输出与三个梯度，和写开的、和 torch 自带的各差多少；长度故意不是块的整数倍。"""
    result = {}
    for causal in (False, True):
        q, k, v = inputs(2, 3, T + 7, HEAD_DIM, generator=generator, grad=True)
        upstream = torch.randn(q.shape, generator=generator)
        outputs = [
            flash_attention(q, k, v, causal),
            plain_attention(q, k, v, causal),
            F.scaled_dot_product_attention(q, k, v, is_causal=causal),
        ]
        ours, *others = [[y, *torch.autograd.grad(y, (q, k, v), upstream)] for y in outputs]
        name = "causal" if causal else "full"
        result[f"{name}_output_gap"] = max(gap(ours[0], other[0]) for other in others)
        result[f"{name}_gradient_gap"] = max(gap(a, b) for other in others for a, b in zip(ours[1:], other[1:]))
    return result


def part_mistakes(generator: torch.Generator, T: int) -> dict:
    """两种写错，分数小与分数大时各差多少。"""
    result = {}
    for name, scale in (("small", 1.0), ("large", 40.0)):
        q, k, v = inputs(T, HEAD_DIM, generator=generator, scale=scale)
        right = plain_attention(q, k, v)
        result[f"right_gap_{name}"] = gap(flash_attention(q, k, v), right)
        result[f"no_rescale_gap_{name}"] = gap(forget_to_rescale(q, k, v), right)
        wrong = forget_the_maximum(q, k, v)
        result[f"no_maximum_nan_{name}"] = wrong.isnan().any(-1).float().mean().item()  # 有 nan 的行的比例
    return result


def train_once(attention, q: Tensor, k: Tensor, v: Tensor) -> None:
    """前向加反向；梯度算完就扔。"""
    torch.autograd.grad(attention(q, k, v).sum(), (q, k, v))


def part_memory(generator: torch.Generator, lengths: tuple[int, ...]) -> dict:
    """T 增长时的峰值内存（MiB，float32，一个头，因果）：前向，以及前向加反向。输入不算，输出与梯度算。"""
    rows = []
    for T in lengths:
        q, k, v = inputs(T, HEAD_DIM, generator=generator, grad=True)
        row = {"T": T, "table_mb": 4 * T * T / 2**20}  # 一张 T x T 的表
        for name, attention in (("plain", plain_attention), ("tiled", flash_attention)):
            causal = partial(attention, causal=True)
            with torch.no_grad():
                row[f"{name}_forward_mb"] = peak_bytes(partial(causal, q, k, v)) / 2**20
            row[f"{name}_mb"] = peak_bytes(partial(train_once, causal, q, k, v)) / 2**20
        rows.append(row | {"ratio": row["plain_mb"] / row["tiled_mb"]})
    return {"memory": rows}


def part_work(T: int, block: int) -> dict:
    """因果时跳过右上方的块，剩几成；主存里读写多少个数（公式见笔记），一个头。"""
    size = len(blocks(T, block))
    done = sum(visible(r, c, True) for r in blocks(T, block) for c in blocks(T, block))
    plain = 4 * T * HEAD_DIM + 4 * T * T  # 读 q、k、v，写输出；分数与权重各写一遍、读一遍
    tiled = 2 * T * HEAD_DIM + size * 2 * T * HEAD_DIM  # 读 q，写输出；每个 query 块把 k、v 读一遍
    return {"causal_blocks": done / size**2, "plain_traffic": plain, "tiled_traffic": tiled, "work_T": T}


def part_time(generator: torch.Generator, T: int, pairs: int, sizes: tuple[int, ...]) -> dict:
    """CPU 时间是写开的几倍（一个线程，前向加反向，4 个头）：分块的各种块长，torch 自带的；全看与因果。"""
    q, k, v = inputs(1, 4, T, HEAD_DIM, generator=generator, grad=True)
    rows = []
    for name in (*sizes, "torch"):
        row = {"block": name}
        for kind, causal in (("full", False), ("causal", True)):
            ours = partial(flash_attention, causal=causal, block=name)
            if name == "torch":
                ours = partial(F.scaled_dot_product_attention, is_causal=causal)
            once = [partial(train_once, f, q, k, v) for f in (ours, partial(plain_attention, causal=causal))]
            found = compare(*once, pairs=pairs, warmup=1, clock=time.process_time)
            row |= {kind: found["ratio"], f"{kind}_low": found["low"], f"{kind}_high": found["high"]}
        rows.append(row)
    return {"time": rows, "time_T": T, "time_pairs": pairs}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.add_argument("--longest", type=positive_int, default=4096, metavar="T", help="内存量到多长，默认 4096")
    parser.add_argument("--pairs", type=positive_int, default=15, metavar="N", help="计时跑几对，默认 15")
    args = parser.parse_args(argv)
    if args.longest < LENGTHS[0]:
        raise UserError(f"--longest 收到 {args.longest}，要至少 {LENGTHS[0]}；试试 1024")
    output_dir(args.out)
    if pick_device(args.device).type != "cpu":
        print("只在 cpu 上量：这里数的是张量的字节与 CPU 时间")
    torch.set_num_threads(1)
    longest, pairs, T = (512, 2, 256) if args.smoke else (args.longest, args.pairs, 1024)
    print(f"头的宽度 {HEAD_DIM}，块长 {BLOCK}，没有参数，cpu，float32，一个线程，种子 {args.seed}")
    generator = torch.Generator().manual_seed(args.seed)
    results = {"head_dim": HEAD_DIM, "block": BLOCK}
    for part in (
        lambda: part_equality(generator, T // 4),
        lambda: part_mistakes(generator, T),
        lambda: part_memory(generator, tuple(n for n in LENGTHS if n <= longest)),
        lambda: part_work(LENGTHS[-1], BLOCK),
        lambda: part_time(generator, T, pairs, BLOCK_SIZES[-1:] if args.smoke else BLOCK_SIZES),
    ):
        found = part()
        show(found)
        results |= found
    return emit_result(results)


if __name__ == "__main__":
    run(main)
