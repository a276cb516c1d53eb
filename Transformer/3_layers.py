"""LayerNorm、前馈网络、残差：手写的与 torch 比较；pre-norm 与 post-norm 的梯度与训练；写错的各坏多少。

教什么：LayerNorm 在哪一维上平均；梯度的闭式；深度 2 到 24 的梯度；有无预热各训练得怎样；四种写错的后果。
不教什么：整个编码器-解码器（下一篇）、RMSNorm 与 SwiGLU（第 4 章）、速度（`bench.py`）。
怎么跑：`python Transformer/3_layers.py`（约 2 分钟），`--smoke`（约 5 秒）。
对应笔记：`3_layers.md`。
"""

import math
import statistics

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from book import Parser, UserError, common_options, emit_result, output_dir, pick_device, positive_int, run, seeded
from Transformer.attention import MultiHeadAttention
from Transformer.layers import EncoderLayer, FeedForward, Residual, layer_norm
from Transformer.positional import SinusoidalPositions
from Transformer.wrong_parts import NoResidual, WrongNorm, become

VOCAB, WIDTH, HEADS, HIDDEN = 16, 32, 4, 128
DEPTHS = (2, 6, 12, 24)
LENGTH, BATCH, WARMUP = 12, 16, 50


def gap(a: Tensor, b: Tensor) -> float:
    """最大绝对误差。"""
    return (a - b).abs().max().item()


def layer_norm_backward(grad: Tensor, x: Tensor, weight: Tensor, eps: float = 1e-5) -> Tensor:
    """`layer_norm` 对 x 的闭式梯度：grad = ∂ℒ/∂y (..., C)，返回 ∂ℒ/∂x (..., C)    式 (3.2)"""
    mean, var = x.mean(-1, keepdim=True), x.var(-1, correction=0, keepdim=True)  # (..., C) -> (..., 1)
    inv_std = (var + eps).rsqrt()
    x_hat, h = (x - mean) * inv_std, grad * weight
    return inv_std * (h - h.mean(-1, keepdim=True) - x_hat * (h * x_hat).mean(-1, keepdim=True))


def part_norm(generator: torch.Generator) -> dict:
    """手写的 LayerNorm 与 torch 的差：输出、自动求导的三个梯度、闭式梯度。"""
    x = (3 + 2 * torch.randn(8, 12, 64, generator=generator)).requires_grad_()
    weight, bias = (torch.randn(64, generator=generator).requires_grad_() for _ in range(2))
    upstream = torch.randn(x.shape, generator=generator)
    ours, reference = layer_norm(x, weight, bias), F.layer_norm(x, (64,), weight, bias)
    grads = [torch.autograd.grad((y * upstream).sum(), (x, weight, bias)) for y in (ours, reference)]
    closed = layer_norm_backward(upstream, x.detach(), weight.detach())
    return {
        "norm_gap": gap(ours, reference),
        "norm_gradient_gap": max(gap(a, b) for a, b in zip(*grads)),
        "norm_closed_gap": gap(closed, grads[1][0]),
    }


@torch.no_grad()
def part_axes(generator: torch.Generator) -> dict:
    """一句话单独算与放在批里算，差多少；改动同批另一句的填充，差多少。BatchNorm 在批与位置上平均。"""
    x = torch.randn(4, 6, WIDTH, generator=generator)
    changed = x.clone()
    changed[1:, 4:] = 9.0  # 别的句子的填充处
    batch_norm = nn.BatchNorm1d(WIDTH)  # 训练模式，收 (N, C)
    norms = {
        "layer": nn.LayerNorm(WIDTH),
        "batch": lambda h: batch_norm(h.flatten(0, 1)).view(h.shape),  # (B, T, C) -> (B·T, C) -> (B, T, C)
    }
    results = {}
    for name, norm in norms.items():
        results[f"{name}_alone_gap"] = gap(norm(x[:1]), norm(x)[:1])
        results[f"{name}_padding_gap"] = gap(norm(changed)[:1], norm(x)[:1])
    return results


@torch.no_grad()
def part_feed_forward(generator: torch.Generator) -> dict:
    """前馈网络逐位置：单独算一个位置，与整句一起算，差多少；论文 base 的参数，它占编码器一层的几成。"""
    layer = FeedForward(WIDTH, HIDDEN)
    x = torch.randn(2, 6, WIDTH, generator=generator)
    with torch.device("meta"):  # 只数参数，不分配内存
        parts = (FeedForward(512, 2048), MultiHeadAttention(512, 8), EncoderLayer(512, 8, 2048))
    forward, attention, whole = (sum(p.numel() for p in part.parameters()) for part in parts)
    counts = {"feed_forward_parameters": forward, "attention_parameters": attention}
    return {"position_gap": gap(layer(x[:, 3:4]), layer(x)[:, 3:4]), "feed_forward_share": forward / whole} | counts


class StraightOnly(Residual):
    """前向不变，梯度只走直路：每条支路的入口都断开。"""

    def forward(self, x: Tensor, sublayer) -> Tensor:
        return super().forward(x, lambda h: sublayer(h.detach()))


class Stack(nn.Module):
    """词向量 + 位置，L 层编码器，线性层：(B, T) -> (B, T, V)。pre-norm 末尾多一个 LayerNorm。"""

    def __init__(self, depth: int, norm: str, residual: type = Residual):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCAB, WIDTH), SinusoidalPositions(LENGTH, WIDTH)
        self.layers = nn.ModuleList(EncoderLayer(WIDTH, HEADS, HIDDEN, norm=norm) for _ in range(depth))
        self.norm = nn.LayerNorm(WIDTH) if norm == "pre" else nn.Identity()
        self.output = nn.Linear(WIDTH, VOCAB)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        become(self, Residual, residual)

    def trunk(self, tokens: Tensor) -> Tensor:
        x = self.positions(self.tokens(tokens))  # (B, T) -> (B, T, C)
        for layer in self.layers:
            x = layer(x)
        return x

    def forward(self, tokens: Tensor) -> Tensor:
        return self.output(self.norm(self.trunk(tokens)))


def random_batch(*key, device) -> tuple[Tensor, Tensor]:
    """随机的词 (B, T) 与答案：编号加 1，末尾的回到 0。不用注意力也做得对：训不动就怪不得任务难。"""
    tokens = torch.randint(VOCAB, (BATCH, LENGTH), generator=seeded(*key)).to(device)
    return tokens, (tokens + 1) % VOCAB


KINDS = {"post": ("post", Residual), "pre": ("pre", Residual), "none": ("post", NoResidual)}  # 名字 -> (次序, 残差)


def build(seed: int, depth: int, norm: str, residual: type, device) -> Stack:
    """种子相同，各种写法的初始权重就相同。"""
    torch.manual_seed(seed)
    return Stack(depth, norm, residual).to(device)


def layer_gradients(seeds: list[int], depth: int, norm: str, residual: type, device) -> list[float]:
    """初始化时，一批的损失对每层前馈网络第二个矩阵的梯度的长度；几个种子的中位数。"""
    runs = []
    for seed in seeds:
        model = build(seed, depth, norm, residual, device)
        tokens, answer = random_batch("gradient", seed, device=device)
        F.cross_entropy(model(tokens).flatten(0, 1), answer.flatten()).backward()
        runs.append([layer.feed_forward.down.weight.grad.norm().item() for layer in model.layers])
    return [statistics.median(column) for column in zip(*runs)]


def part_gradients(seeds: list[int], depths: tuple[int, ...], device) -> dict:
    """深度 2 到 24：第一层与最后一层的梯度；最深的一档另记每层的，以及只走直路时两头的。"""
    rows, per_layer, straight = [], {}, {}
    for depth in depths:
        row = {"depth": depth}
        for kind, how in KINDS.items():
            values = layer_gradients(seeds, depth, *how, device)
            row |= {f"{kind}_first": values[0], f"{kind}_last": values[-1]}
            per_layer[kind] = [float(f"{value:.4g}") for value in values]
        rows.append(row | {"pre_last_root": row["pre_last"] * math.sqrt(depth)})  # 按 1/√L 变小的话，它是常数
    for norm in ("post", "pre"):
        values = layer_gradients(seeds, depths[-1], norm, StraightOnly, device)
        straight |= {f"{norm}_first": values[0], f"{norm}_last": values[-1]}
    return {"gradients": rows, "straight": straight, "per_layer": per_layer}


@torch.no_grad()
def part_trunk(seeds: list[int], depths: tuple[int, ...], device) -> dict:
    """主干上的数有多大（标准差）；同一句的词还有多不同：减去句内平均，剩下的长度的比例。几个种子的中位数。"""
    rows, batches = [], {seed: random_batch("trunk", seed, device=device)[0] for seed in seeds}
    for depth in depths:
        row = {"depth": depth}
        for kind, how in KINDS.items():
            trunks = [build(seed, depth, *how, device).trunk(tokens) for seed, tokens in batches.items()]
            spreads = [((x - x.mean(dim=1, keepdim=True)).norm() / x.norm()).item() for x in trunks]  # 减去 (B, 1, C)
            row[f"size_{kind}"] = statistics.median(x.std().item() for x in trunks)
            row[f"spread_{kind}"] = statistics.median(spreads)
        rows.append(row)
    return {"trunk": rows}


def train(model: Stack, seed: int, steps: int, warmup: int, peak: float, device) -> Stack:
    """AdamW；warmup 步从 0 线性升到峰值，之后线性降到 0；warmup=0 就是一开始就用峰值。"""
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, fused=True)
    for step in range(steps):
        tokens, answer = random_batch(seed, step, device=device)
        rise = (step + 1) / warmup if step < warmup else 1.0
        optimizer.param_groups[0]["lr"] = peak * min(rise, (steps - step) / max(1, steps - warmup))
        optimizer.zero_grad()
        F.cross_entropy(model(tokens).flatten(0, 1), answer.flatten()).backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def accuracy(model: Stack, device) -> float:
    """另外 8 批里写对的比例。"""
    batches = [random_batch("test", i, device=device) for i in range(8)]
    return statistics.mean((model(x).argmax(-1) == y).float().mean().item() for x, y in batches)


def part_training(seeds: list[int], depth: int, steps: int, peak: float, device) -> dict:
    """post、pre、没有残差，各有无预热；峰值小 10 倍、走 3 倍的步；训练好的再换上写错的 LayerNorm。"""
    warmup, table, wrong = min(WARMUP, steps // 2), {}, []
    cases = {  # 名字 -> (写法, 步数, 预热几步, 峰值)
        **{f"{kind}_direct": (kind, steps, 0, peak) for kind in ("post", "pre")},
        **{f"{kind}_warmup": (kind, steps, warmup, peak) for kind in KINDS},
        **{f"{kind}_small": (kind, 3 * steps, 0, peak / 10) for kind in ("post", "none")},
    }
    for name, (kind, *schedule) in tqdm(cases.items(), desc="训练", leave=False, disable=None):
        scores = []
        for seed in seeds:
            model = train(build(seed, depth, *KINDS[kind], device), seed, *schedule, device)
            scores.append(accuracy(model, device))
            if name == "pre_warmup":
                become(model, nn.LayerNorm, WrongNorm)
                wrong.append(accuracy(model, device))
        table[name] = {"median": statistics.median(scores), "low": min(scores), "high": max(scores)}
    sizes = {"seeds": len(seeds), "depth": depth, "steps": steps, "warmup": warmup, "peak": peak}
    return sizes | {"training": table, "swapped_wrong_norm": statistics.median(wrong)}


@torch.no_grad()
def part_wrong_norm(generator: torch.Generator) -> dict:
    """写错的输出是正确的几倍（中位数）：无偏的标准差随宽度变小；ε 在根号外随输入变小而变大。"""

    def ratio(C: int, scale: float) -> float:
        x = scale * torch.randn(256, C, generator=generator)
        return (WrongNorm(C)(x) / nn.LayerNorm(C)(x)).median().item()

    unbiased = {str(C): ratio(C, 1.0) for C in (4, 32, 512)}
    return {"unbiased": unbiased, "outside": [ratio(512, scale) for scale in (1.0, 1e-2, 1e-3)]}


def show(name: str, value) -> None:
    """一行一个数或一组数；表逐行打，名字就是记录里的键。"""
    items = dict(enumerate(value)) if isinstance(value, list) else value if isinstance(value, dict) else {"": value}
    if any(isinstance(item, (dict, list)) for item in items.values()):
        for key, item in items.items():
            show(f"{name}.{key}", item)
    else:
        texts = {key: f"{item:.4g}" if isinstance(item, float) else str(item) for key, item in items.items()}
        keyed = [f"{key} {text}" if isinstance(value, dict) else text for key, text in texts.items()]
        print(f"  {name:24s} " + "  ".join(keyed))


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    ignored = "；--smoke 时不用"
    parser.add_argument("--steps", type=positive_int, default=100, metavar="N", help=f"训练几步，默认 100{ignored}")
    parser.add_argument("--depth", type=positive_int, default=12, metavar="L", help=f"训练几层，默认 12{ignored}")
    parser.add_argument("--peak", type=float, default=3e-3, metavar="LR", help="学习率的峰值，默认 3e-3")
    args = parser.parse_args(argv)
    if not 0 < args.peak < 1:
        raise UserError(f"--peak 收到 {args.peak}，要在 0 与 1 之间；试试 1e-3")
    device = pick_device(args.device)
    output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待；求和的次序、从而结果，也不再随核数变
    steps, seeds = (2, [args.seed]) if args.smoke else (args.steps, [args.seed + i for i in range(3)])
    depths, depth = ((2, 4), 2) if args.smoke else (DEPTHS, args.depth)
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    count = sum(p.numel() for p in Stack(depth, "pre").parameters())
    print(f"任务：写出编号加 1 的词；{depth} 层编码器，{count:,} 个参数，{device}，float32，{steps} 步，种子 {seeds}")
    results = {"parameters": count}
    parts = [
        lambda: part_norm(generator),
        lambda: part_axes(generator),
        lambda: part_feed_forward(generator),
        lambda: part_wrong_norm(generator),
        lambda: part_trunk(seeds, depths[-2:], device),
        lambda: part_gradients(seeds, depths, device),
        lambda: part_training(seeds, depth, steps, args.peak, device),
    ]
    for part in parts:
        for name, value in part().items():
            results[name] = value
            show(name, value)
    return emit_result(results)


if __name__ == "__main__":
    run(main)
