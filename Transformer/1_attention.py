"""点积注意力、掩码、多头：与 torch 比较，量出 √D 的用处、注意力的花费、几种写错各坏多少。

教什么：q·k 的方差随 D 怎么长，softmax 与它的梯度跟着怎样；计算量与内存的公式；每种写错能跑，但量得出来。
不教什么：位置（下一篇）、训练完整的 Transformer（`train.py`）、速度（`bench.py`）。
怎么跑：`python Transformer/1_attention.py`（约半分钟），`--smoke`（约 5 秒）。
对应笔记：`1_attention.md`。
"""

import math
import statistics

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, pick_device, run, seeded
from Transformer.attention import MultiHeadAttention, attention, causal_mask, padding_mask
from Transformer.lookup import KEYS, lookup_batch, train_lookup
from Transformer.wrong_parts import join_view, masked_late, split_view, wrong_axis

WIDTHS = (4, 16, 64, 256, 1024)  # 头的维数 D


def gap(a: Tensor, b: Tensor) -> float:
    """最大绝对误差。"""
    return (a - b).abs().max().item()


def relative(wrong: Tensor, right: Tensor) -> float:
    """平均绝对误差是正确输出平均大小的几倍。"""
    return ((wrong - right).abs().mean() / right.abs().mean()).item()


def copy_into_torch(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> None:
    """torch 把三个投影叠成一个 (3C, C) 的权重。"""
    parts = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    theirs.out_proj.load_state_dict(ours.output.state_dict())


@torch.no_grad()
def part_reference(generator: torch.Generator) -> dict:
    """输出与 F.scaled_dot_product_attention、nn.MultiheadAttention 的差；一个性质：改未来，过去一位都不变。"""
    q, k, v = (torch.randn(2, 4, T, 16, generator=generator) for T in (7, 9, 9))
    mask = torch.rand(2, 1, 7, 9, generator=generator) < 0.5
    mask[..., 0] = True  # 每行至少能看一个
    results = {"sdpa_gap": gap(attention(q, k, v)[0], F.scaled_dot_product_attention(q, k, v))}
    results["sdpa_masked_gap"] = gap(attention(q, k, v, mask)[0], F.scaled_dot_product_attention(q, k, v, mask))
    ours, theirs = MultiHeadAttention(32, 4), nn.MultiheadAttention(32, 4, batch_first=True)
    copy_into_torch(ours, theirs)
    ours.keep_weights = True
    x = torch.randn(2, 6, 32, generator=generator)
    tokens = torch.tensor([[5, 6, 7, 8, 9, 4], [5, 6, 7, 0, 0, 0]])
    expected, weights = theirs(x, x, x, key_padding_mask=tokens == 0, average_attn_weights=False)
    results["mha_gap"] = gap(ours(x, x, padding_mask(tokens)), expected)
    results["mha_weights_gap"] = gap(ours.weights, weights)
    edited = x.clone()
    edited[:, -1] += 1
    change = (ours(edited, edited, causal=True) - ours(x, x, causal=True)).abs()
    return results | {"future_leak": change[:, :-1].max().item()}


def scaling_row(D: int, queries: int, generator: torch.Generator) -> dict:
    """q、k 的每一维都是标准正态：点积的方差，softmax 有多尖，softmax 的梯度还剩多少；除以 √D 与不除。"""
    q = torch.randn(queries, 1, D, generator=generator)
    k = torch.randn(queries, KEYS, D, generator=generator)
    dots = (q @ k.transpose(1, 2))[:, 0].double()  # (Q, 1, D) @ (Q, D, 16) -> (Q, 1, 16) -> (Q, 16)
    row = {"D": D}
    for suffix, scores in (("", dots), ("_scaled", dots / math.sqrt(D))):
        weights = scores.softmax(dim=-1)
        top = weights.amax(dim=-1)
        jacobian = weights.diag_embed() - weights[:, :, None] * weights[:, None, :]  # ∂wᵢ/∂sⱼ    式 (1.3)
        row |= {
            f"variance{suffix}": scores.var().item(),
            f"top{suffix}": top.mean().item(),
            f"saturated{suffix}": (top > 0.99).double().mean().item(),
            f"gradient{suffix}": jacobian.norm(dim=(1, 2)).median().item(),
        }
    return row


@torch.no_grad()
def part_unit_variance(generator: torch.Generator) -> dict:
    """「每一维方差 1」从哪来：输入是 LayerNorm 的输出，投影用 Xavier 初始化，或 nn.Linear 的默认。"""
    x = torch.randn(4096, 512, generator=generator)
    linear = nn.Linear(512, 512)
    results = {"query_variance_default": linear(x).var().item()}
    nn.init.xavier_uniform_(linear.weight, generator=generator)
    return results | {"query_variance_xavier": linear(x).var().item()}


def part_lookup(seeds: list[int], steps: int, device) -> dict:
    """除与不除各扫 4 个学习率，准确率取几个种子的中位数。"""
    rows = []
    for lr in tqdm((0.1, 1.0, 10.0, 100.0), desc="查字典", leave=False, disable=None):
        row = {"lr": lr}
        for name, scaled in (("scaled", True), ("unscaled", False)):
            row[name] = statistics.median(train_lookup(256, scaled, lr, seed, steps, device) for seed in seeds)
        rows.append(row)
    _, _, answers, labels = lookup_batch(seeded("guess"), 20_000)
    guess = F.one_hot(answers, 10).sum(dim=1).argmax(dim=1)  # (B, 16, 10) -> (B, 10) -> (B,)：最多的那个答案
    best = {"lookup_guess": (guess == labels).double().mean().item()}
    best |= {f"lookup_best_{name}": max(row[name] for row in rows) for name in ("scaled", "unscaled")}
    return {"lookup": rows, "lookup_steps": steps, "lookup_seeds": len(seeds)} | best


def part_cost(lengths: tuple[int, ...], counted: int) -> dict:
    """一句长 T、C=512、8 个头的浮点运算与权重的内存；T ≤ counted 的用 torch 的计数器数一遍。"""
    C, H, rows, exact = 512, 8, [], True
    module = MultiHeadAttention(C, H)
    module.keep_weights = True
    for T in lengths:
        row = {"T": T, "projections": 8 * T * C**2, "attention": 4 * T**2 * C, "weights_mb": 4 * H * T**2 / 2**20}
        if counted >= T:
            x = torch.zeros(1, T, C)
            with torch.no_grad(), FlopCounterMode(display=False) as counter:
                module(x, x)
            exact &= counter.get_total_flops() == row["projections"] + row["attention"]
        rows.append({**row, "share": row["attention"] / (row["projections"] + row["attention"])})
    return {"cost": rows, "flops_formula_exact": exact}


def part_mistakes(generator: torch.Generator) -> dict:
    """因果掩码、64 个词、D=32：三种写错的每行之和、误差；换掉最后一个词，第 0 个位置变多少。"""
    q, k, v = (torch.randn(64, 32, generator=generator) for _ in range(3))
    mask, q_edited, k_edited = causal_mask(64), q.clone(), k.clone()
    q_edited[-1], k_edited[-1] = k[0], q[0]  # 未来的词正好与第 0 个词互相对上：漏不漏一眼看得出
    right = attention(q, k, v, mask)[0]
    results = {}
    for name, function in (("late", masked_late), ("axis", wrong_axis)):
        out, weights = function(q, k, v, mask)
        sums = weights.sum(dim=-1)
        results |= {
            f"{name}_sum_min": sums.min().item(),
            f"{name}_sum_max": sums.max().item(),
            f"{name}_error": relative(out, right),
            f"{name}_leak": relative(function(q_edited, k_edited, v, mask)[0][0], out[0]),
        }
    results["unscaled_error"] = relative(attention(q * math.sqrt(32), k, v, mask)[0], right)  # 抵消了 √D
    return results | {"right_leak": relative(attention(q_edited, k_edited, v, mask)[0][0], right[0])}


def reach(split, join, mask: Tensor | None = None, T: int = 8) -> Tensor:
    """(T, T)：改第 j 个词，第 i 个位置的输出变不变。split 切成两个头，join 拼回来，投影取恒等。"""
    x = torch.randn(1, T, 8, generator=seeded("reach"))

    def forward(x: Tensor) -> Tensor:
        heads = split(x)
        return join(attention(heads, heads, heads, mask)[0])[0]  # (1, T, 8) -> (T, 8)

    columns = []
    for j in range(T):
        edited = x.clone()
        edited[:, j] += 1
        columns.append((forward(edited) - forward(x)).abs().amax(dim=-1) > 1e-6)
    return torch.stack(columns, dim=1)


def part_heads() -> dict:
    """用 view 切头：两端都错，一半的词互相看不见；只错一端，因果掩码漏出未来。"""
    right, causal = MultiHeadAttention(8, num_heads=2), causal_mask(8)
    seen = reach(split_view, join_view)
    leaks = reach(split_view, right.join_heads, causal).triu(1)
    return {
        "heads_view_seen": seen.double().mean().item(),
        "heads_view_leaks": int(leaks.sum()),
        "heads_leaks": int(reach(right.split_heads, right.join_heads, causal).triu(1).sum()),
    }


class NextWord(nn.Module):
    """词向量加位置，一层因果注意力，线性层：每个位置写出下一个词。(B, T) -> (B, T, V)，T 是 8。"""

    def __init__(self, split=None):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(16, 32), nn.Embedding(8, 32)
        self.attention, self.output = MultiHeadAttention(32, num_heads=2), nn.Linear(32, 16)
        self.attention.split_heads = split or self.attention.split_heads

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.tokens(tokens) + self.positions.weight
        return self.output(self.attention(x, x, causal=True))


def part_peeking(seed: int, steps: int) -> dict:
    """随机的词，谁也猜不中下一个，损失该是 ln 16；能更低，就是看了答案。最后一批的损失。"""
    losses = {"peeking_chance": math.log(16)}
    for name, split in (("right", None), ("view", split_view)):
        torch.manual_seed(seed)
        model = NextWord(split)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        for step in range(steps):
            words = torch.randint(16, (256, 9), generator=seeded("peeking", seed, step))
            loss = F.cross_entropy(model(words[:, :-1]).flatten(0, 1), words[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses[f"peeking_{name}"] = loss.item()
    return losses


def part_nothing_to_see() -> dict:
    """两句话，第 2 句全是填充；损失只取第 1 句，几个参数张量的梯度里有 nan？"""
    torch.manual_seed(0)
    x, mask = torch.randn(2, 3, 8), padding_mask(torch.tensor([[5, 6, 7], [0, 0, 0]]))
    results = {}
    for name, keep in (("nan_gradients", True), ("nan_gradients_fused", False)):
        module = MultiHeadAttention(8, 2)
        module.keep_weights = keep
        module(x, x, mask)[0].sum().backward()
        results[name] = sum(int(p.grad.isnan().any()) for p in module.parameters())
    theirs = nn.MultiheadAttention(8, 2, batch_first=True)
    hidden = ~mask[:, 0, 0]  # (B, 1, 1, S) -> (B, S)
    outputs = theirs(x, x, x, key_padding_mask=hidden)[0]
    return results | {"parameters": 8, "nan_torch_outputs": int(outputs.isnan().any(-1).sum())}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    args = parser.parse_args(argv)
    device = pick_device(args.device)
    output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待；而且求和的次序、从而结果，都不再随核数变
    torch.manual_seed(args.seed)
    generator = seeded("attention", args.seed)
    queries, steps = (50, 5) if args.smoke else (500, 300)
    seeds = [args.seed + i for i in range(1 if args.smoke else 3)]
    count = sum(p.numel() for p in MultiHeadAttention(512, 8).parameters())
    print(f"多头注意力 C=512、8 个头：{count:,} 个参数；每个 D {queries} 个 query；{device}，float32")
    parts = [
        lambda: part_reference(generator),
        lambda: {"scaling": [scaling_row(D, queries, generator) for D in WIDTHS], "queries": queries},
        lambda: part_unit_variance(generator),
        lambda: part_mistakes(generator),
        part_heads,
        lambda: part_peeking(args.seed, steps),
        part_nothing_to_see,
        lambda: part_cost((64, 256, 1024, 4096), counted=64 if args.smoke else 1024),
        lambda: part_lookup(seeds, steps, device),
    ]
    results = {"mha_parameters": count}
    for part in parts:
        for name, value in part().items():
            results[name] = value
            lines = value if isinstance(value, list) else [value]
            for line in lines:
                numbers = line.items() if isinstance(line, dict) else [("", line)]
                print(f"  {name:24s} " + "  ".join(f"{key} {number:.4g}".strip() for key, number in numbers))
    return emit_result(results)


if __name__ == "__main__":
    run(main)
