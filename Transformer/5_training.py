"""训练的零件：teacher forcing、标签平滑、只数真词、Noam、分桶、裁剪，各与定义或 torch 比较，写错的各量一次。

教什么：一次更新里的每一步在算什么；损失的下限；批怎样分省下多少填充；小批的损失怎样合才等于大批的；短训练里平滑换来什么。
不教什么：完整的训练循环（`train.py`）、超参数怎样影响结果（`ablations.py`）、典型错误的损失（`pitfalls.py`）。
怎么跑：`python Transformer/5_training.py`（约 1 分钟），`--smoke`（约 5 秒）。
对应笔记：`5_training.md`。
"""

import math
import statistics

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, pick_device, run
from Transformer.attention import PAD
from Transformer.corpus import Task, load_normal_forms
from Transformer.data import BOS, EOS, Pair, buckets, collate, encode_pairs, padding_share
from Transformer.recipes import Recipe
from Transformer.train import batch_loss, build, train_step
from Transformer.transformer import Transformer

VOCAB, SMOOTHING = 17, 0.1  # 默认任务的译文有 17 种词


def gap(a: Tensor, b: Tensor) -> float:
    """最大绝对误差。"""
    return (a - b).abs().max().item()


def tiny_model(seed: int = 0) -> Transformer:
    torch.manual_seed(seed)
    return Transformer(VOCAB, VOCAB, 32, 4, 1, 64, dropout=0.0, norm="pre", max_length=64).eval()


def fake_pairs(count: int, longest: int, generator: torch.Generator) -> list[Pair]:
    """count 对随机的句子，长短不一。"""
    pairs = []
    for n in torch.randint(2, longest + 1, (count,), generator=generator).tolist():
        words = torch.randint(4, VOCAB, (n,), generator=generator).tolist()
        pairs.append(Pair([*words, EOS], [BOS, *words[::-1], EOS]))
    return pairs


@torch.no_grad()
def part_teacher_forcing(generator: torch.Generator) -> dict:
    """一次前向得到所有位置的 logits，与一个一个词喂进去比较。"""
    model = tiny_model()
    source, target = collate(fake_pairs(4, 20, generator))
    given = target[:, :-1]
    at_once = model(source, given)  # (B, T) -> (B, T, V)
    one_by_one = torch.stack([model(source, given[:, : t + 1])[:, -1] for t in range(given.shape[1])], dim=1)
    real = (given != PAD) & (given != EOS)
    return {"parallel_gap": gap(at_once[real], one_by_one[real]), "parallel_forwards": given.shape[1]}


def smoothed_target(answer: Tensor, V: int, smoothing: float) -> Tensor:
    """目标分布 (N,) -> (N, V)：答案得 1 - ε，再把 ε 平分给全部 V 个词（答案也分到一份）    式 (5.2)

    >>> smoothed_target(torch.tensor([1]), 4, 0.2)
    tensor([[0.0500, 0.8500, 0.0500, 0.0500]])
    """
    return (1 - smoothing) * F.one_hot(answer, V) + smoothing / V


def smoothed_gradient(logits: Tensor, answer: Tensor, smoothing: float) -> Tensor:
    """损失之和对 logits 的梯度 (N, V)：预测的分布减目标分布    式 (5.2)"""
    return logits.softmax(dim=-1) - smoothed_target(answer, logits.shape[-1], smoothing)


def loss_floor(V: int, smoothing: float) -> float:
    """平滑之后损失最小是多少：目标分布自己的熵"""
    target = smoothed_target(torch.tensor([0]), V, smoothing)
    return torch.special.entr(target).sum().item()  # entr(p) = -p ln p，0 处是 0


def best_margin(V: int, smoothing: float) -> float:
    """损失最小时，答案的 logit 比别的高多少    式 (5.3)"""
    return math.log((1 - smoothing + smoothing / V) / (smoothing / V))


def part_smoothing(generator: torch.Generator) -> dict:
    """梯度与 torch 的比较；损失的下限；答案的 logit 高到哪里为止。"""
    logits = torch.randn(200, VOCAB, generator=generator).mul(3).requires_grad_()
    answer = torch.randint(VOCAB, (200,), generator=generator)
    theirs = F.cross_entropy(logits, answer, label_smoothing=SMOOTHING, reduction="sum")
    gradient = torch.autograd.grad(theirs, logits)[0]
    return {
        "smoothing_gradient_gap": gap(smoothed_gradient(logits, answer, SMOOTHING).detach(), gradient),
        "floors": {str(V): loss_floor(V, SMOOTHING) for V in (VOCAB, 6000)},
        "best_margin": best_margin(VOCAB, SMOOTHING),
    }


def part_margin(steps: int) -> dict:
    """只训练 logits：不平滑，答案的 logit 越拉越高；平滑，停在 (5.3)。"""
    marks, margins, answer = [steps // 100, steps // 10, steps], {"hard": [], "smooth": []}, torch.tensor([3])
    for name, smoothing in (("hard", 0.0), ("smooth", SMOOTHING)):
        logits = torch.zeros(1, VOCAB, dtype=torch.float64)
        for step in range(1, steps + 1):
            logits = logits - smoothed_gradient(logits, answer, smoothing)  # 学习率 1
            if step in marks:
                margins[name].append((logits[0, 3] - logits[0, 0]).item())
    return {"margins": margins, "margin_steps": marks}


def word_losses(model: Transformer, pairs: list[Pair]) -> tuple[Tensor, int]:
    """一批的损失之和（不带平滑），与词数。"""
    return batch_loss(model, *collate(pairs), 0.0), sum(len(p.target) - 1 for p in pairs)


def gradient_of(model: Transformer, loss: Tensor) -> Tensor:
    """全部参数的梯度接成一个向量。"""
    return nn.utils.parameters_to_vector(torch.autograd.grad(loss, list(model.parameters()), retain_graph=True))


def accumulation_gaps(seed: int, sort: bool) -> list[float]:
    """32 句切成 4 小批再合，梯度与整批的差占最大分量几成：[按词数合, 平均的平均]。sort：先按长度排好再切。"""
    model, pairs = tiny_model(), fake_pairs(32, 20, torch.Generator().manual_seed(seed))
    pairs = sorted(pairs, key=lambda p: len(p.target)) if sort else pairs
    loss, words = word_losses(model, pairs)
    whole = gradient_of(model, loss / words)
    parts = [word_losses(model, pairs[i : i + 8]) for i in range(0, 32, 8)]
    ways = sum(part for part, _ in parts) / words, sum(part / n for part, n in parts) / 4
    return [gap(gradient_of(model, way), whole) / whole.abs().max().item() for way in ways]


def part_accumulation(seeds: int) -> dict:
    """按词数合等于整批；平均的平均不等于，按长度排好的差得更多。"""
    both = {name: [accumulation_gaps(seed, name == "sorted") for seed in range(seeds)] for name in ("sorted", "random")}
    gaps = {name: [wrong for _, wrong in rows] for name, rows in both.items()}
    return {
        "by_words_gap": max(right for rows in both.values() for right, _ in rows),
        "mean_of_means_gap": {
            name: {"median": statistics.median(v), "low": min(v), "high": max(v)} for name, v in gaps.items()
        },
        "accumulation_seeds": seeds,
    }


def part_real_places(generator: torch.Generator) -> dict:
    """训练用的损失只算真词的 logits，与全部算完再 ignore_index 相同；真词占几成。"""
    model, (source, target) = tiny_model(), collate(fake_pairs(32, 40, generator))
    answer, logits = target[:, 1:], model(source, target[:, :-1])
    by_ignore = F.cross_entropy(logits.flatten(0, 1), answer.flatten(), ignore_index=PAD)
    words = (answer != PAD).sum()
    by_place = batch_loss(model, source, target, 0.0) / words
    return {"real_places_gap": gap(by_place, by_ignore), "real_share": words.item() / answer.numel()}


def noam(step: int, d_model: int, warmup: int) -> float:
    """论文 5.3 的学习率，step 从 1 数    式 (5.4)

    >>> noam(4, 4, 4)
    0.25
    """
    return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)


def part_schedule() -> dict:
    """`Recipe.learning_rate` 的 noam 与论文逐步比较；论文的峰值。"""
    warmup, peak = 4000, noam(4000, 512, 4000)
    ours = Recipe(schedule="noam", lr=peak, warmup=warmup)
    steps = [*range(1, 20001, 7), 100000]
    worst = max(abs(ours.learning_rate(s - 1, 100000) / noam(s, 512, warmup) - 1) for s in steps)
    return {"noam_gap": worst, "noam_peak": peak}


def grouped(pairs: list[Pair], max_tokens: int, group: int) -> list[list[int]]:
    """练习 4：打乱，每 group 句一组，组内分桶。"""
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))
    return [
        [part[i] for i in batch]
        for part in map(Tensor.tolist, order.split(group))
        for batch in buckets([pairs[i] for i in part], max_tokens, (0,))
    ]


def part_batches(task: Task) -> dict:
    """默认任务：随便分、按长度分桶、分组再分桶，各要几批，填充占几成；一批最少与最多几句（最小的可能是零头，不算）。"""
    pairs, result = encode_pairs(task.train, *task.tokenizers, 128), {}
    ways = {name: buckets(pairs, 1024, (0,), name == "buckets") for name in ("random", "buckets")}
    for name, batches in (ways | {"grouped": grouped(pairs, 1024, 2600)}).items():
        sizes = sorted(map(len, batches))
        share = padding_share(pairs, batches)
        result[name] = {"batches": len(sizes), "padding": share, "smallest": sizes[1], "largest": sizes[-1]}
    return result


def part_clip(generator: torch.Generator) -> dict:
    """裁剪只改长度，不改方向；短的不动。"""
    parameters, result = [nn.Parameter(torch.zeros(*shape)) for shape in ((8, 8), (8,))], {}
    for name, size in (("long", 5.0), ("short", 0.01)):
        for p in parameters:
            p.grad = size * torch.randn(p.shape, generator=generator)
        before = nn.utils.parameters_to_vector([p.grad for p in parameters])  # 另一份，不随裁剪变
        nn.utils.clip_grad_norm_(parameters, 1.0)
        after = nn.utils.parameters_to_vector([p.grad for p in parameters])
        result[f"clip_{name}"] = [before.norm().item(), after.norm().item()]
        result[f"clip_{name}_cosine"] = F.cosine_similarity(before, after, dim=0).item()
    return result


def short_training(pairs: list[Pair], task: Task, smoothing: float, seed: int, steps: int, device) -> Transformer:
    """32 维、一层，几百步：批的次序与初始化只由 seed 决定。"""
    # 全写明：默认配方改了，这里的结果不变
    size = {"d_model": 32, "num_heads": 4, "num_layers": 1, "d_ff": 128, "dropout": 0.1, "weight_decay": 0.0}
    rates = {"lr": 5e-3, "warmup": 50, "label_smoothing": smoothing, "seed": seed, "precision": "fp32"}
    recipe = Recipe(**size, **rates)
    model, optimizer = build(recipe, task, device)
    for step, batch in enumerate(buckets(pairs, 1024, (seed, "order", 0))[:steps]):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate(step, steps)
        train_step(model.train(), optimizer, recipe, [pairs[i] for i in batch], device, step)
    return model.cpu()


def part_training(task: Task, seeds: list[int], steps: int, device) -> dict:
    """不平滑与平滑各训练一次：验证损失（都不带平滑）；平滑的那个忘了 eval() 时，验证损失是多少。"""
    pairs, valid = (encode_pairs(texts, *task.tokenizers, 128) for texts in (task.train, task.valid[:200]))
    losses: dict = {"hard": [], "smooth": [], "forgot": []}
    for seed in tqdm(seeds, desc="训练", leave=False, disable=None):
        hard, smooth = (short_training(pairs, task, smoothing, seed, steps, device) for smoothing in (0.0, SMOOTHING))
        for name, model, forgot in (("hard", hard, False), ("smooth", smooth, False), ("forgot", smooth, True)):
            with torch.no_grad():
                loss, words = word_losses(model.train(forgot), valid)
            losses[name].append(loss.item() / words)
    rows = {name: {"median": statistics.median(v), "low": min(v), "high": max(v)} for name, v in losses.items()}
    worse = [smooth - hard for smooth, hard in zip(losses["smooth"], losses["hard"])]  # 同一个种子的两次相比
    return {"seeds": len(seeds), "steps": steps, "valid_loss": rows, "smooth_minus_hard": [min(worse), max(worse)]}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    device = pick_device(args.device)
    output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待；求和的次序、从而结果，也不再随核数变
    generator = torch.Generator().manual_seed(args.seed)
    task = load_normal_forms(400 if args.smoke else 20000)
    seeds = [args.seed + i for i in range(1 if args.smoke else 3)]
    print(f"各部分都不大：最大的是 32 维、一层的 Transformer，{device}，float32，种子 {seeds}")
    results: dict = {"vocabulary": VOCAB}
    parts = [
        lambda: part_teacher_forcing(generator),
        lambda: part_smoothing(generator),
        lambda: part_margin(100 if args.smoke else 10000),
        lambda: part_accumulation(2 if args.smoke else 10),
        lambda: part_real_places(generator),
        part_schedule,
        lambda: part_batches(task),
        lambda: part_clip(generator),
        lambda: part_training(task, seeds, 2 if args.smoke else 250, device),
    ]
    for part in parts:
        for name, value in part().items():
            results[name] = value
            print(f"  {name:24s} {f'{value:.6g}' if isinstance(value, float) else value}")
    return emit_result(results)


if __name__ == "__main__":
    run(main)
