"""位置：没有位置的注意力看不见次序；正弦、可学、旋转三种编码各能做什么，写错了损失多少。

教什么：自注意力对次序等变；正弦编码的平移性质与点积；训练到 16 个词、测到 24 个词；九种写错的位置各损失多少。
不教什么：长度外推的改法（ALiBi、位置插值、YaRN），第 4 章只用到旋转编码本身。
怎么跑：`python Transformer/2_positions.py`（约 50 秒），`--smoke`（约 5 秒）。
对应笔记：`2_positions.md`。
"""

import math
import statistics

import torch
from torch import Tensor
from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, pick_device, run, seeded
from Transformer.attention import causal_mask
from Transformer.layers import EncoderLayer
from Transformer.positional import (
    POSITIONS,
    LearnedPositions,
    SinusoidalPositions,
    frequencies,
    halves_order,
    rotate,
    rotate_halves,
    shift_matrix,
    sinusoidal,
)
from Transformer.previous_word import HEADS, LAYERS, LONGER, TRAINED, WIDTH, Tagger, accuracy, train
from Transformer.transformer import Transformer
from Transformer.wrong_parts import AlwaysFromZero, OtherFrequencies


def gap(a: Tensor, b: Tensor) -> float:
    """最大绝对误差。"""
    return (a - b).abs().max().item()


# ---------------------------------------------------------------- 不用训练的性质


@torch.no_grad()
def part_order(generator: torch.Generator) -> dict:
    """打乱再算，与算完再打乱，差多少：没有位置、有位置、没有位置但有因果掩码。"""
    layer, x = EncoderLayer(WIDTH, HEADS, 2 * WIDTH), torch.randn(1, 10, WIDTH, generator=generator)
    order = torch.randperm(10, generator=generator)
    positions = SinusoidalPositions(10, WIDTH)
    mask = causal_mask(10)
    return {
        "order_gap_none": gap(layer(x[:, order]), layer(x)[:, order]),
        "order_gap_sinusoidal": gap(layer(positions(x[:, order])), layer(positions(x))[:, order]),
        "order_gap_causal": gap(layer(x[:, order], mask), layer(x, mask)[:, order]),
    }


def part_sinusoidal() -> dict:
    """平移是一次旋转；点积只看距离：C = 128，512 个位置。"""
    table = sinusoidal(512, 128)
    shift = max(gap(table[:500] @ shift_matrix(k, 128).T, table[k : 500 + k]) for k in (1, 5, 12))
    products = table @ table.T  # (512, 128) @ (128, 512) -> (512, 512)
    spread = max((d.max() - d.min()).item() for d in (products.diagonal(k) for k in range(512)))
    dots = {str(k): products[0, k].item() for k in (0, 1, 2, 5, 10, 20, 50, 100, 200)}
    return {"shift_gap": shift, "distance_spread": spread, "dots": dots}


def part_rotary(generator: torch.Generator) -> dict:
    """旋转编码：整体平移分数不变，长度不变；两种排列的分数不同，换过通道次序就相同。"""
    q, k = (torch.randn(2, 12, 16, generator=generator) for _ in range(2))
    scores = rotate(q) @ rotate(k).mT  # (2, 12, 16) @ (2, 16, 12) -> (2, 12, 12)
    order = halves_order(16)
    return {
        "rotary_shift_gap": gap(rotate(q, 100) @ rotate(k, 100).mT, scores),
        "rotary_norm_gap": gap(rotate(q).norm(dim=-1), q.norm(dim=-1)),
        "rotary_layout_gap": gap(rotate_halves(q) @ rotate_halves(k).mT, scores),
        "rotary_reordered_gap": gap(rotate_halves(q[..., order]) @ rotate_halves(k[..., order]).mT, scores),
    }


def part_precision() -> dict:
    """位置与频率存成 bfloat16：512 个位置还剩几个不同的，表错多少。"""
    t = torch.arange(512, dtype=torch.bfloat16)
    angles = t[:, None] * frequencies(128).bfloat16()  # (512, 1) * (64,) -> (512, 64)
    rough = torch.stack([angles.float().sin(), angles.float().cos()], dim=-1).flatten(1)
    return {"bf16_distinct": len(t.unique()), "bf16_table_gap": gap(rough, sinusoidal(512, 128))}


@torch.no_grad()
def part_cached(seed: int, generator: torch.Generator) -> dict:
    """逐词的缓存解码与一次算完的差：位置接着数、每步都从 0 数。模型没有训练过，只看数是否相同。"""
    torch.manual_seed(seed)
    model = Transformer(20, 20, d_model=WIDTH, num_heads=HEADS, num_layers=2, d_ff=2 * WIDTH, dropout=0.0).eval()
    source, target = (torch.randint(4, 20, (32, 12), generator=generator) for _ in range(2))
    memory, mask = model.encode(source)
    full, results = model.output(model.decode(target, memory, mask)), {}  # (32, 12, 20)
    for name, module in (("cached", model.target.positions), ("cached_from_zero", AlwaysFromZero(512, WIDTH))):
        model.target.positions, cache = module, model.new_cache()
        steps = [model.decode(target[:, t : t + 1], memory, mask, cache) for t in range(12)]
        logits = model.output(torch.cat(steps, dim=1))
        changed = (logits.argmax(-1) != full.argmax(-1)).float().mean().item()
        results |= {f"{name}_gap": gap(logits, full), f"{name}_changed": changed}
    return results


# ---------------------------------------------------------------- 小任务：写出前一个词


def variants() -> dict[str, Tagger]:
    """四种位置，三种写错的正弦编码，一种太小的可学编码。"""
    flat = torch.ones(WIDTH // 2)  # 10000 ** -(2 * i // C)：整数除法，指数全是 0
    return {
        "sinusoidal": Tagger(POSITIONS["sinusoidal"](LONGER, WIDTH)),
        "learned": Tagger(POSITIONS["learned"](LONGER, WIDTH)),
        "none": Tagger(POSITIONS["none"](LONGER, WIDTH)),
        "rotary": Tagger(POSITIONS["none"](LONGER, WIDTH), rotary=True),
        "wrong_sign": Tagger(OtherFrequencies(LONGER, frequencies(WIDTH, base=1e-4))),  # 10000 ** (+2i/C)
        "integer_division": Tagger(OtherFrequencies(LONGER, flat)),
        "no_root": Tagger(POSITIONS["sinusoidal"](LONGER, WIDTH), scale=1.0),
        "learned_small": Tagger(LearnedPositions(LONGER, WIDTH, std=0.02)),  # 位置被乘过 √C 的词盖住
    }


def table_damage(model: Tagger, device) -> tuple[float, float]:
    """训练好的正弦模型换上别的表，各剩多少准确率：[sin 全部 | cos 全部] 的排列；每个词都加第 0 行。"""
    right, found = model.positions.table, []
    for table in (right[:, halves_order(WIDTH).to(device)], right[:1].expand_as(right)):
        model.positions.table = table
        found.append(accuracy(model, TRAINED, device).mean().item())
    model.positions.table = right
    return found[0], found[1]


@torch.no_grad()
def rotary_damage(model: Tagger, device) -> tuple[float, float]:
    """训练好的旋转模型换成另一种排列：不换权重、把 q 与 k 每个头的行也重排。"""
    for layer in model.layers:
        layer.attention.rotation = rotate_halves
    mixed = accuracy(model, TRAINED, device).mean().item()
    D = WIDTH // HEADS
    rows = torch.cat([head * D + halves_order(D) for head in range(HEADS)]).to(device)
    for layer in model.layers:
        for linear in (layer.attention.query, layer.attention.key):
            linear.weight.copy_(linear.weight[rows])
            linear.bias.copy_(linear.bias[rows])
    return mixed, accuracy(model, TRAINED, device).mean().item()


DAMAGE = {  # 训练好之后换掉一样：哪个模型，怎么换，两个结果的名字
    "sinusoidal": (table_damage, ("halves_table", "all_at_zero")),
    "rotary": (rotary_damage, ("rotary_mixed", "rotary_reordered")),
}


def part_task(seeds: list[int], steps: int, device) -> dict:
    """八个模型各训练几个种子；再把训练好的换上错的表。"""
    runs: dict[str, list[dict]] = {}
    damage: dict[str, list[float]] = {}
    for seed in tqdm(seeds, desc="种子", leave=False, disable=None):
        torch.manual_seed(seed)
        for name, model in variants().items():
            train(model.to(device), seed, steps, device)
            long = accuracy(model, LONGER, device)
            parts = {"short": accuracy(model, TRAINED, device), "seen": long[: TRAINED - 1], "new": long[TRAINED - 1 :]}
            row = {key: value.mean().item() for key, value in parts.items()} | {"each": long.tolist()}
            runs.setdefault(name, []).append(row)
            if name in DAMAGE:
                function, keys = DAMAGE[name]
                for key, value in zip(keys, function(model, device)):
                    damage.setdefault(key, []).append(value)
    medians = {name: statistics.median(values) for name, values in damage.items()}
    return {"seeds": len(seeds), "lengths": summary(runs), "each": per_position(runs)} | medians


def summary(runs: dict[str, list[dict]]) -> dict[str, dict]:
    """几个种子的中位数；新位置另给最低与最高。"""
    table = {}
    for name, rows in runs.items():
        new = [row["new"] for row in rows]
        medians = {key: statistics.median(row[key] for row in rows) for key in ("short", "seen", "new")}
        table[name] = medians | {"new_low": min(new), "new_high": max(new)}
    return table


def per_position(runs: dict[str, list[dict]]) -> dict[str, list[float]]:
    """长句里每个位置的准确率（种子的平均），画图用；只留四种正确的写法。"""
    names = ("sinusoidal", "learned", "none", "rotary")
    return {name: [round(statistics.mean(c), 4) for c in zip(*(row["each"] for row in runs[name]))] for name in names}


def part_sizes() -> dict:
    """词向量（标准差 1/√C）乘 √C 与不乘，长度是位置编码的几倍：C = 512。"""
    words = torch.randn(1000, 512, generator=seeded("words")) / math.sqrt(512)
    position = sinusoidal(100, 512).norm(dim=-1).mean()
    ratio = (words.norm(dim=-1).mean() / position).item()
    return {"word_to_position": ratio * math.sqrt(512), "word_to_position_no_root": ratio}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.add_argument("--steps", type=int, default=240, metavar="N", help="小任务训练几步，默认 240")
    args = parser.parse_args(argv)
    device = pick_device(args.device)
    output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待；求和的次序、从而结果，也不再随核数变
    steps, seeds = (4, [args.seed]) if args.smoke else (args.steps, [args.seed + i for i in range(3)])
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    count = sum(p.numel() for p in Tagger(POSITIONS["none"](LONGER, WIDTH)).parameters())
    print(f"任务：写出前一个词；{LAYERS} 层编码器，{count:,} 个参数，{device}，float32，{steps} 步，种子 {seeds}")
    results = {"parameters": count, "steps": steps}
    parts = [
        lambda: part_order(generator),
        part_sinusoidal,
        lambda: part_rotary(generator),
        part_precision,
        lambda: part_cached(args.seed, generator),
        part_sizes,
        lambda: part_task(seeds, steps, device),
    ]
    for part in parts:
        for name, value in part().items():
            results[name] = value
            if name != "each":
                print(f"  {name:26s} {value if isinstance(value, dict) else f'{value:.6g}'}")
    return emit_result(results)


if __name__ == "__main__":
    run(main)
