"""LayerNorm、前馈网络、残差：手写的与 torch 比较；pre-norm 与 post-norm 的梯度与训练；写错的各损失多少。

教什么：LayerNorm 在哪一维上平均；梯度的闭式；深度 2 到 24 的梯度；有无预热各训练得怎样；四种写错的后果。
不教什么：整个编码器-解码器（下一篇）、RMSNorm 与 SwiGLU（第 4 章）、速度（`bench.py`）。
怎么跑：`python Transformer/3_layers.py`（约 1 分钟），`--smoke`（约 5 秒）。
对应笔记：`3_layers.md`。
"""

import math
import statistics

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, pick_device, run, seeded
from Transformer.attention import MultiHeadAttention
from Transformer.layers import EncoderLayer, FeedForward, Residual, layer_norm
from Transformer.positional import SinusoidalPositions
from Transformer.wrong_parts import NoResidual, WrongNorm, become

VOCAB, WIDTH, HEADS, HIDDEN = 16, 32, 4, 128
DEPTHS = (2, 6, 12, 24)
LENGTH, BATCH, PEAK, WARMUP = 12, 16, 3e-3, 50


def gap(a: Tensor, b: Tensor) -> float:
    """最大绝对误差。"""
    return (a - b).abs().max().item()


# ---------------------------------------------------------------- LayerNorm 与前馈网络


def layer_norm_backward(grad: Tensor, x: Tensor, weight: Tensor, eps: float = 1e-5) -> Tensor:
    """`layer_norm` 对 x 的闭式梯度：grad = ∂L/∂y (..., C)，返回 ∂L/∂x (..., C)    式 (3.2)"""
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
    """前馈网络逐位置：单独算一个位置，与整句一起算，差多少；它占一层参数的几成。"""
    layer = FeedForward(WIDTH, HIDDEN)
    x = torch.randn(2, 6, WIDTH, generator=generator)
    with torch.device("meta"):  # 只数参数，不分配内存
        sizes = [sum(p.numel() for p in m.parameters()) for m in (FeedForward(512, 2048), EncoderLayer(512, 8, 2048))]
    return {"position_gap": gap(layer(x[:, 3:4]), layer(x)[:, 3:4]), "feed_forward_share": sizes[0] / sizes[1]}


# ---------------------------------------------------------------- 深度与梯度


class Stack(nn.Module):
    """词向量 + 位置，L 层编码器，线性层：(B, T) -> (B, T, V)。pre-norm 末尾多一个 LayerNorm。"""

    def __init__(self, depth: int, norm: str, residual: bool = True):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCAB, WIDTH), SinusoidalPositions(LENGTH, WIDTH)
        self.layers = nn.ModuleList(EncoderLayer(WIDTH, HEADS, HIDDEN, norm=norm) for _ in range(depth))
        self.norm = nn.LayerNorm(WIDTH) if norm == "pre" else nn.Identity()
        self.output = nn.Linear(WIDTH, VOCAB)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        if not residual:
            become(self, Residual, NoResidual)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.positions(self.tokens(tokens))
        for layer in self.layers:
            x = layer(x)
        return self.output(self.norm(x))


def random_batch(*key, device) -> tuple[Tensor, Tensor]:
    """随机的词 (B, T) 与答案：编号加 1，末尾的回到 0。不用注意力也做得对：训不动就怪不得任务难。"""
    tokens = torch.randint(VOCAB, (BATCH, LENGTH), generator=seeded(*key)).to(device)
    return tokens, (tokens + 1) % VOCAB


KINDS = {"post": ("post", True), "pre": ("pre", True), "none": ("post", False)}  # 名字 -> (次序, 有没有残差)


def layer_gradients(model: Stack, seed: int, device) -> list[float]:
    """初始化时，一批的损失对每层前馈网络第二个矩阵的梯度的长度。"""
    tokens, answer = random_batch("gradient", seed, device=device)
    model.zero_grad()
    F.cross_entropy(model(tokens).flatten(0, 1), answer.flatten()).backward()
    return [layer.feed_forward.down.weight.grad.norm().item() for layer in model.layers]


def part_gradients(seeds: list[int], depths: tuple[int, ...], device) -> dict:
    """深度 2 到 24：第一层与最后一层的梯度；最深的一档另记每层的。"""
    rows, per_layer = [], {}
    for depth in depths:
        row = {"depth": depth}
        for kind, (norm, residual) in KINDS.items():
            runs = []
            for seed in seeds:
                torch.manual_seed(seed)
                runs.append(layer_gradients(Stack(depth, norm, residual).to(device), seed, device))
            medians = [statistics.median(column) for column in zip(*runs)]
            row |= {f"{kind}_first": medians[0], f"{kind}_last": medians[-1]}
            per_layer[kind] = [float(f"{value:.4g}") for value in medians]
        rows.append(row)
    scaled = [row["pre_last"] * math.sqrt(row["depth"]) for row in rows]  # 按 1/√L 变小的话，这里是常数
    return {"gradients": rows, "pre_last_times_root": scaled, "per_layer": per_layer}


@torch.no_grad()
def part_trunk(seed: int, device) -> dict:
    """24 层之后，主干上的数有多大（标准差）；同一句的词还有多不同：减去句内平均之后，剩下的长度占几成。"""
    tokens, _ = random_batch("trunk", seed, device=device)
    results = {}
    for kind, (norm, residual) in KINDS.items():
        torch.manual_seed(seed)
        model = Stack(24, norm, residual).to(device)
        x = model.positions(model.tokens(tokens))
        for layer in model.layers:
            x = layer(x)
        differences = x - x.mean(dim=1, keepdim=True)  # (B, T, C)，减去句内的平均 (B, 1, C)
        results |= {f"trunk_{kind}": x.std().item(), f"spread_{kind}": (differences.norm() / x.norm()).item()}
    return results


# ---------------------------------------------------------------- 训练


def train(model: Stack, seed: int, steps: int, warmup: int, device) -> Stack:
    """AdamW；warmup 步从 0 线性升到峰值，之后线性降到 0；warmup=0 就是一开始就用峰值。"""
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK, fused=True)
    for step in range(steps):
        tokens, answer = random_batch(seed, step, device=device)
        rise = (step + 1) / warmup if step < warmup else 1.0
        optimizer.param_groups[0]["lr"] = PEAK * min(rise, (steps - step) / max(1, steps - warmup))
        optimizer.zero_grad()
        F.cross_entropy(model(tokens).flatten(0, 1), answer.flatten()).backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def accuracy(model: Stack, device) -> float:
    """另外 8 批里写对的比例。"""
    batches = [random_batch("test", i, device=device) for i in range(8)]
    return statistics.mean((model(x).argmax(-1) == y).float().mean().item() for x, y in batches)


def part_training(seeds: list[int], depth: int, steps: int, device) -> dict:
    """post、pre、没有残差，各有无预热；训练好的再换上写错的 LayerNorm。"""
    table, wrong = {}, {"right_norm": [], "wrong_norm": []}
    warmup = min(WARMUP, steps // 2)
    cases = [(kind, w) for kind in KINDS for w in (0, warmup) if not (kind == "none" and w == 0)]
    for kind, w in tqdm(cases, desc="训练", leave=False, disable=None):
        norm, residual = KINDS[kind]
        scores = []
        for seed in seeds:
            torch.manual_seed(seed)
            model = train(Stack(depth, norm, residual).to(device), seed, steps, w, device)
            scores.append(accuracy(model, device))
            if kind == "pre" and w:
                wrong["right_norm"].append(scores[-1])
                become(model, nn.LayerNorm, WrongNorm)
                wrong["wrong_norm"].append(accuracy(model, device))
        name = f"{kind}_{'warmup' if w else 'direct'}"
        table[name] = {"median": statistics.median(scores), "low": min(scores), "high": max(scores)}
    medians = {f"swapped_{name}": statistics.median(values) for name, values in wrong.items()}
    return {"seeds": len(seeds), "depth": depth, "steps": steps, "warmup": warmup, "training": table} | medians


# ---------------------------------------------------------------- 写错的 LayerNorm


def wrong_ratio(C: int, scale: float, generator: torch.Generator) -> float:
    """写错的 LayerNorm 的输出是正确的几倍（中位数）：输入的标准差是 scale。"""
    x = scale * torch.randn(256, C, generator=generator)
    with torch.no_grad():
        return (WrongNorm(C)(x) / nn.LayerNorm(C)(x)).median().item()


def constant_gradient(norm, C: int = 8) -> float:
    """一行全是同一个数时，梯度里最大的数；nan 表示坏了。"""
    x = torch.ones(1, C, requires_grad=True)
    (norm(x) * torch.arange(1.0, C + 1)).sum().backward()
    return x.grad.abs().max().item()


def root_outside(x: Tensor, eps: float = 1e-5) -> Tensor:
    """错：先开方再加 ε。方差是 0 时，根号的导数是无穷大。"""
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, correction=0, keepdim=True).sqrt() + eps)


def part_wrong_norm(generator: torch.Generator) -> dict:
    """无偏的标准差差多少（随宽度变小）；ε 在根号外差多少（随输入变小而变大）；常数行的梯度。"""
    return {
        "unbiased": {str(C): wrong_ratio(C, 1.0, generator) for C in (4, 32, 512)},
        "outside": [wrong_ratio(512, scale, generator) for scale in (1.0, 1e-2, 1e-3)],
        "constant_gradient_inside": constant_gradient(nn.LayerNorm(8)),
        "constant_gradient_outside_is_nan": math.isnan(constant_gradient(root_outside)),
    }


def part_parameters() -> dict:
    """论文 base 一层的参数：注意力、前馈。"""
    with torch.device("meta"):
        parts = {"attention": MultiHeadAttention(512, 8), "feed_forward": FeedForward(512, 2048)}
    return {f"{name}_parameters": sum(p.numel() for p in part.parameters()) for name, part in parts.items()}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.add_argument("--steps", type=int, default=100, metavar="N", help="训练几步，默认 100")
    parser.add_argument("--depth", type=int, default=12, metavar="L", help="训练几层的编码器，默认 12")
    args = parser.parse_args(argv)
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
        part_parameters,
        lambda: part_wrong_norm(generator),
        lambda: part_trunk(args.seed, device),
        lambda: part_gradients(seeds, depths, device),
        lambda: part_training(seeds, depth, steps, device),
    ]
    for part in parts:
        for name, value in part().items():
            results[name] = value
            print(f"  {name:34s} {f'{value:.6g}' if isinstance(value, float) else value}")
    return emit_result(results)


if __name__ == "__main__":
    run(main)
