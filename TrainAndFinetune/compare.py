"""对照实验：同一个任务、同一批数据，每种微调方法先各自挑学习率，再在测试集上比。

教什么：准确率（整个 JSON 都对）与 Wilson 区间、训练的参数、内存、文件大小、遗忘；学习率不挑，比较没有意义。
不教什么：每种方法怎样写（`methods/`）、任务怎样造（`task/`）、小模型怎样来（`small/`）。
怎么跑：
  python TrainAndFinetune/compare.py                四种方法各两个学习率（两核约 2 分钟）
  python TrainAndFinetune/compare.py --full         八种方法各四个学习率，最好的再跑三个种子（两核约 12 分钟）
  python TrainAndFinetune/compare.py --model gemma  2.7 亿参数的真模型，四种方法各三个学习率（几小时，放后台）
  python TrainAndFinetune/compare.py --smoke        10 秒内跑通
每次试验做完就写一个 JSON；中断、断电、kill -9 之后，同样的命令接着做没做完的。
对应笔记：`8_compare.md`。
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch

from book import Parser, common_options, emit_result, has_fast_bf16, output_dir, pick_device, positive_int, run
from TrainAndFinetune.small.corpus import HELD_OUT_TEXT
from TrainAndFinetune.task.measures import wilson
from TrainAndFinetune.task.trial import Trial, finished

RANDOM = (("init", "random"),)
# 名字 -> (方法, 选项)；后两行只差初始化
VARIANTS: dict[str, tuple[str, tuple]] = {
    **{name: (name, ()) for name in ("full", "adapter", "prefix", "prompt", "lora", "qlora", "ia3", "norms")},
    "prefix-random": ("prefix", RANDOM),
    "prompt-random": ("prompt", RANDOM),
}
# 每种方法四个学习率，都跨一个半数量级；中间两个在前，--full 之外只用它们
RATES: dict[str, tuple[float, ...]] = {
    "full": (1e-3, 3e-3, 3e-4, 1e-2),
    "adapter": (3e-3, 1e-2, 1e-3, 3e-2),
    "lora": (3e-3, 1e-2, 1e-3, 3e-2),
    "qlora": (3e-3, 1e-2, 1e-3, 3e-2),
    "norms": (1e-2, 3e-2, 3e-3, 1e-1),
    "ia3": (1e-2, 3e-2, 3e-3, 1e-1),
    "prefix": (1e-2, 3e-2, 3e-3, 1e-1),
    "prompt": (3e-2, 1e-1, 1e-2, 3e-1),
}
GEMMA_RATES: dict[str, tuple[float, ...]] = {
    "full": (1e-5, 3e-5, 1e-4),
    "lora": (1e-4, 3e-4, 1e-3),
    "prefix": (1e-3, 1e-2, 3e-2),
    "prompt": (1e-2, 1e-1, 3e-1),
}


@dataclass(frozen=True)
class Plan:
    """跑哪些：基准的试验、变体、每种几个学习率、最后几个种子。"""

    base: Trial
    variants: tuple[str, ...]
    rates: int = 4
    seeds: int = 3
    random_rates: int = 4  # 随机初始化的两行跑几个学习率


def plan_for(args, precision: str) -> Plan:
    """命令行 -> 计划。"""
    base = Trial(args.model, "full", 0.0, seed=args.seed, precision=precision)
    if args.model == "gemma":
        base = replace(base, train_rows=400, eval_rows=150, tokens_per_batch=1024, epochs=2)
        plan = Plan(base, tuple(GEMMA_RATES), rates=3)
    elif args.full:
        plan = Plan(base, tuple(VARIANTS))
    else:
        plan = Plan(replace(base, train_rows=700, eval_rows=200), ("full", "lora", "prefix", "prompt"), 2, 1)
    if args.smoke:
        plan = Plan(replace(base, train_rows=24, eval_rows=8), ("lora", "prefix"), 1, 1)
    if args.methods:
        plan = replace(plan, variants=tuple(args.methods))
    return plan


def rates_of(plan: Plan, variant: str) -> list[float]:
    """一个变体试的学习率，从小到大。"""
    table = GEMMA_RATES if plan.base.base == "gemma" else RATES
    method = VARIANTS[variant][0]
    return sorted(table.get(method, RATES[method])[: plan.rates])


def search(plan: Plan, variant: str, run_one: Callable[[Trial], dict]) -> list[dict]:
    """在开发集上试每个学习率。"""
    method, options = VARIANTS[variant]
    results = []
    for lr in rates_of(plan, variant):
        trial = replace(plan.base, method=method, options=options, lr=lr, split="dev")
        results.append(run_one(trial))
        print(f"{variant:14s} 学习率 {lr:<7g} 开发集 {results[-1]['accuracy']:.3f}", flush=True)
    return results


def on_test(base: Trial) -> dict:
    return {"split": "test", "eval_rows": 2 * base.eval_rows}


def untrained(plan: Plan, run_one: Callable[[Trial], dict]) -> list[dict]:
    """不训练的基座：不给例子、给 6 个例子。"""
    rows = []
    for shots in (0, 6):
        trial = replace(plan.base, method="base", options=(("shots", shots),), **on_test(plan.base))
        done = run_one(trial)
        rows.append({"shots": shots, **{key: done[key] for key in ("accuracy", "low", "high", "samples")}})
        print(f"不训练，{shots} 个例子：测试集 {done['accuracy']:.3f}")
    return rows


def final(plan: Plan, variant: str, found: list[dict], run_one: Callable[[Trial], dict]) -> list[dict]:
    """开发集上最好的学习率（一样好取小的），几个种子，在测试集上；测试集的题是开发集的两倍。"""
    best = max(found, key=lambda row: (row["accuracy"], -row["trial"]["lr"]))
    method, options = VARIANTS[variant]
    trial = replace(plan.base, method=method, options=options, lr=best["trial"]["lr"], **on_test(plan.base))
    seeds = range(plan.base.seed, plan.base.seed + plan.seeds)
    return [run_one(replace(trial, seed=seed)) for seed in seeds]


def curve(variant: str, found: list[dict]) -> list[dict]:
    """主图的点：学习率与开发集准确率。"""
    keys = ("accuracy", "low", "high", "loss", "perplexity_after")
    return [{"variant": variant, "lr": row["trial"]["lr"], **{key: row[key] for key in keys}} for row in found]


def summary(variant: str, rows: list[dict], found: list[dict]) -> dict:
    """几个种子 -> 一行。区间按一遍测试集的题数算：三个种子答的是同样的题。"""
    mean = sum(row["accuracy"] for row in rows) / len(rows)
    low, high = wilson(round(mean * rows[0]["total"]), rows[0]["total"])
    first, dev = rows[0], [row["accuracy"] for row in found]
    return {
        "variant": variant,
        "lr": first["trial"]["lr"],
        "accuracy": mean,
        "low": low,
        "high": high,
        "seeds": [row["accuracy"] for row in rows],
        "accuracy_seen": sum(row["accuracy_seen"] for row in rows) / len(rows),
        "intent_share": sum(row["intent_errors"] for row in rows)
        / max(1, sum(row["total"] - row["right"] for row in rows)),
        "dev_best": max(dev),
        "dev_worst": min(dev),
        "trainable": first["trainable"],
        "peak_mib": first["peak_bytes"] / 2**20,
        "optimizer_bytes": first["optimizer_bytes"],
        "optimizer_formula": 8 * first["trainable"],
        "step_ms": sorted(row["step_ms"] for row in rows)[len(rows) // 2],
        "disk_kib": first["disk_bytes"] / 1024,
        "perplexity_before": first["perplexity_before"],
        "perplexity_after": sum(row["perplexity_after"] or 0 for row in rows) / len(rows)
        if all(row["perplexity_after"] for row in rows)
        else None,
    }


def show(row: dict, samples: list[dict]) -> None:
    """一种方法的一行，与它答的一题。"""
    after = f"{row['perplexity_after']:.1f}" if row["perplexity_after"] else "发散"
    print(
        f"{row['variant']:14s} 测试集 {row['accuracy']:.3f}（{row['low']:.3f}-{row['high']:.3f}）"
        f"  训练 {row['trainable']:,} 个参数  峰值 {row['peak_mib']:.1f} MiB  一步 {row['step_ms']:.0f} ms"
        f"  文件 {row['disk_kib']:.0f} KiB  困惑度 {row['perplexity_before']:.1f} -> {after}"
    )
    for sample in samples[:1]:
        verdict = "对" if sample["right"] else f"错，应为 {sample['gold']}"
        print(f"    {sample['question']}\n    {sample['answer']}  {verdict}")


def options(argv):
    parser = Parser(__doc__)
    parser.add_argument("--full", action="store_true", help="八种方法与两种随机初始化，四个学习率，三个种子")
    parser.add_argument("--model", choices=["small", "gemma"], default="small", help="在哪个基座上，默认 small")
    parser.add_argument("--methods", nargs="+", choices=VARIANTS, metavar="NAME", help="只跑这几种")
    parser.add_argument("--threads", type=positive_int, metavar="N", help="用几个线程，默认由 torch 定")
    common_options(parser, __file__)
    return parser.parse_args(argv)


def main(argv=None) -> dict:
    args = options(argv)
    device, out = pick_device(args.device), output_dir(args.out)
    if args.threads:
        torch.set_num_threads(args.threads)
    plan = plan_for(args, "bf16" if has_fast_bf16(device) else "fp32")
    held_out = HELD_OUT_TEXT.read_text(encoding="utf-8")[: 300 if args.smoke else None]
    print(f"{plan}\n设备 {device}，{torch.get_num_threads()} 个线程")
    run_one = partial(finished, out=out, held_out=held_out, device=device, shown=0 if args.smoke else 3)
    base = untrained(plan, run_one)
    points, rows, samples = [], [], {}
    for variant in plan.variants:
        found = search(plan, variant, run_one)
        points += curve(variant, found)
        if variant.endswith("random"):  # 只为看初始化：不进测试集
            continue
        tested = final(plan, variant, found, run_one)
        rows.append(summary(variant, tested, found))
        samples[variant] = tested[0]["samples"]
        show(rows[-1], samples[variant])
    t = plan.base
    return emit_result({
        "model": t.base, "untrained": base, "rows": rows, "points": points, "samples": samples,
        "train_rows": t.train_rows,
        "eval_rows": t.eval_rows, "epochs": t.epochs, "seeds": plan.seeds, "precision": t.precision,
    })  # fmt: skip


if __name__ == "__main__":
    run(main)
