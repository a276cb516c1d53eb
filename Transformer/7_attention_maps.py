"""看注意力：取出权重，量对齐，给头分类，逐个关掉头，再量五种读错的办法各错多少。

教什么：日期的每个输出字该看原文哪里是知道的，所以「看得对不对」能打分；权重大与要紧是两回事。
不教什么：梯度归因、探针、机制可解释性。
怎么跑：`python Transformer/7_attention_maps.py`（先训练一个 64 维的小模型，共约 1 分钟），`--smoke`（约 6 秒）。
对应笔记：`7_attention_maps.md`。
"""

import random
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import trange

from book import Parser, common_options, emit_result, output_dir, pick_device, run
from Transformer import attention_scores as scores
from Transformer.attention import PAD
from Transformer.corpus import Task, Texts
from Transformer.data import buckets, collate, encode_pairs
from Transformer.decoding import translate
from Transformer.normal_forms import random_pair, split_of
from Transformer.recipes import MAX_LENGTH, Recipe
from Transformer.report import exact_match
from Transformer.train import build, train_step
from Transformer.transformer import Transformer, count_parameters
from Transformer.translator import Translator

EXAMPLE = ("二〇二六年十一月二十三日", "2026-11-23")
LAYERS, HEADS, OFFSETS, FIELDS = 2, 4, (-1, 0, 1), ("century", "year", "month", "day")  # 二〇、二六、十一、二十三
KINDS = {
    "encoder": "encoder.{}.attention",
    "decoder": "decoder.{}.self_attention",
    "cross": "decoder.{}.cross_attention",
}
NAMES = {kind: [name.format(layer) for layer in range(LAYERS)] for kind, name in KINDS.items()}


# ---------------------------------------------------------------- 模型：只学日期，几百步


def dates(split: str, count: int) -> Texts:
    """count 对日期的 (写法, 标准形式)；同一天只在一边出现。"""
    rng, pairs = random.Random(f"dates-{split}"), []
    while len(pairs) < count:
        pair = random_pair(rng, "date")
        if split_of(pair[1]) == split:
            pairs.append(pair)
    return pairs


def small_translator(seed: int, steps: int, task: Task, device) -> Translator:
    """64 维、2 层、4 头的小模型，训练 steps 步。"""
    sizes = {"d_model": 64, "d_ff": 256, "num_layers": LAYERS, "num_heads": HEADS, "dropout": 0.1, "max_tokens": 1024}
    rates = {"lr": 3e-3, "warmup": 100, "weight_decay": 0.0, "label_smoothing": 0.0, "precision": "fp32", "seed": seed}
    recipe = Recipe(**sizes, **rates)  # 全写明：默认配方改了，这里的结果不变
    model, optimizer = build(recipe, task, device)
    pairs, batches = encode_pairs(task.train, *task.tokenizers, MAX_LENGTH), []
    for step in trange(steps, desc="训练", leave=False, disable=None):
        batches = batches or buckets(pairs, recipe.max_tokens, (seed, step))
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate(step, steps)
        train_step(model.train(), optimizer, recipe, [pairs[i] for i in batches.pop()], device, step)
    return Translator(Path(), task.name, model.eval(), *task.tokenizers)


@dataclass(frozen=True)
class Reading:
    """读过的一句：各个注意力的权重、正确的段、哪几列是分隔字。"""

    weights: dict[str, Tensor]
    right: Tensor  # (T, S)
    separators: Tensor  # (S,)


def read(translator: Translator, text: str, value: str) -> Reading:
    weights = translator.attention(text, translator.target.encode(value))
    right, marks = scores.right_spans(text, value), [c in scores.SEPARATORS for c in text]
    return Reading(weights, right, torch.tensor([*marks, False]))


def pooled(readings: list[Reading], name: str, head: int, measure: Callable[[Tensor, Reading], Tensor]) -> float:
    """measure(权重 (T, S), 那一句) 的平均：各句的各行放在一起，长的句子不吃亏。"""
    return torch.cat([measure(r.weights[name][head], r).flatten() for r in readings]).mean().item()


def head_row(readings: list[Reading], name: str, head: int) -> dict:
    """一个头的各项平均。列是源句的记分隔字与 <eos> 的份额；自注意力记偏移；交叉注意力记对齐。"""

    def mean(measure) -> float:
        return pooled(readings, name, head, measure)

    row = {"attention": name, "head": head}
    row |= {"entropy": mean(lambda w, r: scores.entropy(w)), "top": mean(lambda w, r: w.max(-1).values)}
    if name in NAMES["decoder"]:
        row["bos"] = mean(lambda w, r: w[:, 0])
    else:
        row |= {"eos": mean(lambda w, r: w[:, -1]), "separators": mean(lambda w, r: w[:, r.separators].sum(-1))}
    if name in NAMES["cross"]:
        row["hits"] = mean(lambda w, r: scores.span_hits(w, r.right))
        row["mass"] = mean(lambda w, r: scores.span_mass(w, r.right))
        for field, rows in zip(FIELDS, (slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 8))):
            row[field] = mean(lambda w, r, rows=rows: scores.span_mass(w, r.right)[rows])
        row["mass_fed"] = mean(lambda w, r: scores.span_mass(w, r.right, 1))  # 行的标签写成了喂进去的字
        row["eos_idle"] = mean(lambda w, r: w[~r.right.any(-1), -1])  # 写 - 与 <eos> 时
    else:
        ws = [r.weights[name][head] for r in readings]
        row |= {f"offset{k:+d}": statistics.mean(scores.offset_score(w, k) for w in ws) for k in OFFSETS}
    return row


def part_baselines(readings: list[Reading]) -> dict:
    """平均地看时，同样的各项是多少。"""

    def mean(measure) -> float:
        return torch.cat([measure(r).flatten() for r in readings]).mean().item()

    return {
        "sentences": len(readings),
        "uniform_mass": mean(lambda r: r.right.float().mean(-1)[r.right.any(-1)]),
        "uniform_eos": mean(lambda r: torch.full((r.right.shape[0],), 1 / r.right.shape[1])),
        "uniform_separators": mean(lambda r: r.separators.float().mean().expand(r.right.shape[0])),
        "uniform_entropy": mean(lambda r: torch.full((r.right.shape[0],), float(r.right.shape[1])).log()),
        "uniform_bos": mean(lambda r: 1 / torch.arange(1.0, r.right.shape[0] + 1)),
    }


def part_ablation(model: Transformer, batch, rows: list[dict]) -> dict:
    """逐个头关掉、抹平：损失升多少，完全匹配率到多少，写进各行；与权重的大小相关吗。"""
    whole, modules = scores.score(model, batch), model.attentions()
    for row in rows:
        for change, context in (("zero", scores.without_head), ("flat", scores.uniform_head)):
            with context(modules[row["attention"]], row["head"]):
                changed = scores.score(model, batch)
            row |= {f"{change}_loss": changed["loss"] - whole["loss"], f"{change}_exact": changed["exact_match"]}
    harmless = [row for row in rows if row["zero_exact"] >= whole["exact_match"] - 0.01]
    with ExitStack() as stack:  # 一个一个关掉都不要紧的，一起关掉呢
        for row in harmless:
            stack.enter_context(scores.without_head(modules[row["attention"]], row["head"]))
        together = scores.score(model, batch)
    cross = [row for row in rows if "mass" in row]
    return {
        **whole,
        "harmless": len(harmless),
        "harmless_flat": sum(row["flat_exact"] >= whole["exact_match"] - 0.01 for row in rows),
        "together_exact": together["exact_match"],
        "top_vs_loss": scores.rank_correlation([r["top"] for r in rows], [r["zero_loss"] for r in rows]),
        "mass_vs_loss": scores.rank_correlation([r["mass"] for r in cross], [r["zero_loss"] for r in cross]),
        "worst": max(rows, key=lambda row: row["zero_loss"]),
        "sharpest": max(rows, key=lambda row: row["top"]),
    }


def part_rollout(readings: list[Reading], best: dict) -> dict:
    """编码器两层之后，每个位置还剩几成是自己；对齐最好的头再乘上 rollout，落在正确段里的份额。"""
    inside, own = [], []
    for r in readings:
        flow = scores.rollout([r.weights[name] for name in NAMES["encoder"]])
        own.append(flow.diagonal())
        inside.append(
            scores.span_mass(r.weights[best["attention"]][best["head"]] @ flow, r.right)
        )  # (T, S) @ (S, S) -> (T, S)
    return {"rollout_self": torch.cat(own).mean().item(), "rollout_mass": torch.cat(inside).mean().item()}


# ---------------------------------------------------------------- 读错


def part_mistakes(translator: Translator, readings: list[Reading], texts: Texts, best: dict) -> dict:
    """头取平均；转置；把填充算进去；训练模式。"""
    name, head = best["attention"], best["head"]
    average = [r.weights[name].mean(0) for r in readings]  # (H, T, S) -> (T, S)
    # 同一批：源句补齐之后，编码器填充处的行也算出了像样的权重
    source = collate(encode_pairs(texts, translator.source, translator.target, MAX_LENGTH))[0]
    module = translator.model.attentions()[NAMES["encoder"][0]]
    module.keep_weights = True
    with torch.inference_mode():
        translator.model.encode(source.to(translator.model.output.weight.device))
    module.keep_weights = False
    weights, real = module.weights.cpu(), source != PAD  # (B, H, S, S)、(B, S)
    rows = scores.entropy(weights).mean(1)  # (B, H, S) -> (B, S)
    translator.model.train()
    torch.manual_seed(0)
    noisy = [read(translator, *pair) for pair in texts]
    translator.model.eval()
    gaps = [(a.weights[name][head] - b.weights[name][head]).abs().max() for a, b in zip(noisy, readings)]
    return {
        "average_mass": torch.cat([scores.span_mass(w, r.right) for w, r in zip(average, readings)]).mean().item(),
        "average_entropy": torch.cat([scores.entropy(w) for w in average]).mean().item(),
        "column_high": max(r.weights[name][head].sum(0).max().item() for r in readings),
        "padding_share": 1 - real.float().mean().item(),
        "padding_weight": (weights * ~real[:, None, None, :]).max().item(),
        "entropy_real": rows[real].mean().item(),
        "entropy_padding": rows[~real].mean().item(),
        "train_mass": pooled(noisy, name, head, lambda w, r: scores.span_mass(w, r.right)),
        "train_gap": torch.stack(gaps).mean().item(),
    }


def example_maps(translator: Translator) -> dict:
    """一句的交叉注意力，图用：每个头每行一串百分数。"""
    weights = translator.attention(EXAMPLE[0], translator.target.encode(EXAMPLE[1]))
    maps = {
        f"{name}.{head}": [" ".join(f"{100 * w:.0f}" for w in row) for row in weights[name][head].tolist()]
        for name in NAMES["cross"]
        for head in range(HEADS)
    }
    return {"example": {"source": EXAMPLE[0], "value": EXAMPLE[1], "maps": maps}}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.add_argument("--steps", type=int, default=800, metavar="N", help="训练几步，默认 800")
    args = parser.parse_args(argv)
    device = pick_device(args.device)
    output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待
    steps, train, test = (3, 100, 8) if args.smoke else (args.steps, 8000, 300)
    task = Task("dates", dates("train", train), [], dates("test", test))
    translator = small_translator(args.seed, steps, task, device)
    model, texts = translator.model, task.test
    print(f"只学日期的小模型：{count_parameters(model):,} 个参数，{device}，float32，{steps} 步，种子 {args.seed}")
    sources, values = zip(*texts)
    outputs = translate(model, list(sources), *task.tokenizers)
    results = {"parameters": count_parameters(model), "steps": steps, "greedy": exact_match(outputs, values)}
    results["century_right"] = exact_match([o[:2] for o in outputs], [v[:2] for v in values])
    readings = [read(translator, *pair) for pair in texts]
    table = {k: [head_row(readings, name, h) for name in NAMES[k] for h in range(HEADS)] for k in KINDS}
    best = max(table["cross"], key=lambda row: row["mass"])
    batch = tuple(x.to(device) for x in collate(encode_pairs(texts, *task.tokenizers, MAX_LENGTH)))
    results |= (
        part_baselines(readings) | part_ablation(model, batch, sum(table.values(), [])) | part_rollout(readings, best)
    )
    results |= part_mistakes(translator, readings, texts, best) | {"best": best} | table | example_maps(translator)
    for name, value in results.items():
        for line in value if isinstance(value, list) else [value] if isinstance(value, (int, float)) else []:
            cells = line.items() if isinstance(line, dict) else [("", line)]
            print(
                f"  {name:20s}" + "  ".join(f"{key} {item:.4g}" if key != "attention" else item for key, item in cells)
            )
    return emit_result(results)


if __name__ == "__main__":
    run(main)
