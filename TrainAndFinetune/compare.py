"""对照实验：同一个任务、同一批数据，每种微调方法先各自挑学习率，再在测试集上比。

教什么：准确率（整个 JSON 都对）与 Wilson 区间、训练的参数、内存、文件大小、遗忘；学习率不挑，比较没有意义。
不教什么：每种方法怎样写（`methods/`）、任务怎样造（`task/`）、小模型怎样来（`small/`）。
怎么跑：
  python TrainAndFinetune/compare.py                四种方法各两个学习率（两核约 2 分钟）
  python TrainAndFinetune/compare.py --full --workers 2   六种方法各四个学习率，最好的三个种子，六行对照（约 17 分钟）
  python TrainAndFinetune/compare.py --model gemma  2.7 亿参数的真模型，四种方法各三四个学习率（约两小时，放后台）
  python TrainAndFinetune/compare.py --smoke        10 秒内跑通
每次试验做完就写一个 JSON；中断、断电、kill -9 之后，同样的命令接着做没做完的。
对应笔记：`8_compare.md`。
"""

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch

from book import Parser, common_options, emit_result, has_fast_bf16, output_dir, pick_device, positive_int, run
from TrainAndFinetune.small.corpus import HELD_OUT, HELD_OUT_TEXT, generated
from TrainAndFinetune.task.measures import wilson
from TrainAndFinetune.task.trial import Trial, finished

SOFT = (("length", 32),)
# 名字 -> (方法, 选项)；-random 只差初始化，-long 只差训练 5 轮
VARIANTS: dict[str, tuple[str, tuple]] = {
    **{name: (name, ()) for name in ("full", "adapter", "lora", "qlora")},
    **{name: (name, SOFT) for name in ("prefix", "prompt")},
    **{name: (name, ()) for name in ("ia3", "norms")},
    **{f"{name}-long": (name, SOFT) for name in ("prefix", "prompt")},
    **{f"{name}-random": (name, (*SOFT, ("init", "random"))) for name in ("prefix", "prompt")},
}
MAIN = ("full", "adapter", "lora", "qlora", "prefix", "prompt")
# 每种方法四个学习率，跨一个半数量级；中间两个在前，--full 之外只用它们
RATES: dict[str, tuple[float, ...]] = {
    "full": (1e-3, 3e-3, 3e-4, 1e-2),
    "adapter": (3e-3, 1e-2, 1e-3, 3e-2),
    "lora": (1e-3, 3e-3, 3e-4, 1e-2),
    "qlora": (1e-3, 3e-3, 3e-4, 1e-2),
    "prefix": (3e-2, 1e-1, 1e-2, 3e-1),
    "prompt": (3e-1, 1.0, 1e-1, 3.0),
    "ia3": (3e-2, 1e-1),
    "norms": (1e-2, 3e-2),
    "prefix-long": (1e-1,),
    "prompt-long": (1.0,),
}
# 先各试三个；三种方法最好的都在右边的头上，又各加一个
GEMMA_RATES: dict[str, tuple[float, ...]] = {
    "full": (1e-5, 3e-5, 1e-4),
    "lora": (1e-4, 3e-4, 1e-3, 3e-3),
    "prefix": (1e-3, 1e-2, 3e-2, 1e-1),
    "prompt": (1e-2, 1e-1, 3e-1, 1.0),
}


@dataclass(frozen=True)
class Plan:
    """跑哪些：基准的试验、变体、每种几个学习率、最好的跑几个种子。"""

    base: Trial
    variants: tuple[str, ...]
    rates: int = 4
    seeds: int = 3


def plan_for(args, precision: str) -> Plan:
    """命令行 -> 计划。"""
    base = Trial(args.model, "full", 0.0, seed=args.seed, precision=precision)
    if args.model == "gemma":
        small = {"train_rows": 400, "dev_rows": 100, "test_rows": 150, "epochs": 2}
        plan = Plan(replace(base, **small), tuple(GEMMA_RATES))
    elif args.full:
        plan = Plan(base, tuple(VARIANTS))
    else:
        plan = Plan(
            replace(base, train_rows=700, dev_rows=150, test_rows=200), ("full", "lora", "prefix", "prompt"), 2, 1
        )
    if args.smoke:
        plan = Plan(replace(plan.base, train_rows=16, dev_rows=4, test_rows=4, epochs=1), ("lora", "prefix"), 1, 1)
    return replace(plan, variants=tuple(args.methods)) if args.methods else plan


def trials_of(plan: Plan, variant: str) -> list[Trial]:
    """一个变体的试验，学习率从小到大。"""
    method, options = VARIANTS[variant]
    table = GEMMA_RATES if plan.base.base == "gemma" and method in GEMMA_RATES else RATES
    rates = table.get(variant, table[method])[: 2 if variant.endswith("-random") else plan.rates]
    epochs = plan.base.epochs * (5 if variant.endswith("-long") else 1)
    base = replace(plan.base, method=method, options=options, epochs=epochs)
    return [replace(base, lr=lr) for lr in sorted(rates)]


def search(plan: Plan, variant: str, run_one: Callable[[Trial], dict]) -> list[dict]:
    """试每个学习率，看开发集。"""
    results = []
    for trial in trials_of(plan, variant):
        results.append(run_one(trial))
        dev = results[-1]["dev"]
        print(
            f"{variant:14s} 学习率 {trial.lr:<7g} 开发集 {dev['accuracy']:.3f}  损失 {dev['eval_loss']:.3f}", flush=True
        )
    return results


def best_of(found: list[dict]) -> dict:
    """开发集上全对最多的；一样多取损失小的。"""
    return max(found, key=lambda row: (row["dev"]["accuracy"], -row["dev"]["eval_loss"]))


def repeats(plan: Plan, variant: str, found: list[dict]) -> list[Trial]:
    """最好的学习率再跑别的种子；只有主要的六种方法跑几个种子。"""
    lr = best_of(found)["trial"]["lr"]
    trial = next(trial for trial in trials_of(plan, variant) if trial.lr == lr)
    seeds = range(trial.seed + 1, trial.seed + (plan.seeds if variant in MAIN else 1))
    return [replace(trial, seed=seed) for seed in seeds]


def untrained(plan: Plan, run_one: Callable[[Trial], dict]) -> list[dict]:
    """不训练的基座：不给例子、给 6 个例子。"""
    rows = []
    for shots in (0, 6):
        done = run_one(replace(plan.base, method="base", options=(("shots", shots),)))
        rows.append({"shots": shots, **done["test"], "samples": done["samples"]})
        print(f"不训练，{shots} 个例子：测试集 {done['test']['accuracy']:.3f}", flush=True)
    return rows


def curve(variant: str, found: list[dict]) -> list[dict]:
    """主图的点：学习率，开发集，忘了多少。"""
    keys = ("accuracy", "low", "high", "eval_loss", "intent_accuracy")
    return [
        {"variant": variant, "lr": row["trial"]["lr"], "notes_after": row["after"]["notes"]}
        | {key: row["dev"][key] for key in keys}
        for row in found
    ]


def mean(values) -> float | None:
    """平均；有一个发散（None）就是 None。"""
    values = list(values)
    return None if None in values else sum(values) / len(values)


def spent(results: list[dict]) -> float:
    """几次试验一共几分钟。"""
    return sum(row["seconds"] for row in results) / 60


def summary(variant: str, rows: list[dict], found: list[dict]) -> dict:
    """几个种子 -> 一行。区间按一遍测试集的题数算：几个种子答的是同样的题。"""
    first, accuracy = rows[0], mean(row["test"]["accuracy"] for row in rows)
    low, high = wilson(round(accuracy * first["test"]["total"]), first["test"]["total"])
    dev = [row["dev"]["accuracy"] for row in found]
    return {
        "variant": variant, "lr": first["trial"]["lr"], "accuracy": accuracy, "low": low, "high": high,
        "seeds": [row["test"]["accuracy"] for row in rows],
        "seen": mean(row["seen"]["accuracy"] for row in rows),
        "intent_accuracy": mean(row["test"]["intent_accuracy"] for row in rows),
        "dev_best": max(dev), "dev_worst": min(dev),
        "trainable": first["trainable"],
        "peak_mib": first["peak_bytes"] / 2**20,
        "optimizer_bytes": first["optimizer_bytes"], "optimizer_formula": 8 * first["trainable"],
        "step_ms": sorted(row["step_ms"] for row in rows)[len(rows) // 2],
        "disk_kib": first["disk_bytes"] / 1024,
        **{f"{name}_before": first["before"][name] for name in first["before"]},
        **{f"{name}_after": mean(row["after"][name] for row in rows) for name in first["after"]},
    }  # fmt: skip


def show(row: dict, samples: list[dict]) -> None:
    """一种方法的一行，与它答的一题。"""
    after = "发散" if row["notes_after"] is None else f"{row['notes_after']:.1f}"
    print(
        f"{row['variant']:14s} 测试集 {row['accuracy']:.3f}（{row['low']:.3f}-{row['high']:.3f}）"
        f"  训练 {row['trainable']:,} 个参数  峰值 {row['peak_mib']:.1f} MiB  一步 {row['step_ms']:.0f} ms"
        f"  文件 {row['disk_kib']:.0f} KiB  困惑度 {row['notes_before']:.1f} -> {after}"
    )
    for sample in samples[:1]:
        verdict = "对" if sample["right"] else f"错，应为 {sample['gold']}"
        print(f"    {sample['question']}\n    {sample['answer']}  {verdict}", flush=True)


def take(counter) -> int:
    """下一个没有人做的是第几个；几个进程共用一个计数器，谁先做完谁取。"""
    with counter.get_lock():
        counter.value += 1
        return counter.value - 1


def work(trials: list[Trial], run_one: Callable[[Trial], dict], parent: int, counter) -> None:
    """一个工作进程：一个线程，做完一次取下一次；主进程没了（kill -9）就不再取。"""
    torch.set_num_threads(1)
    while os.getppid() == parent and (i := take(counter)) < len(trials):
        run_one(trials[i])


def ahead(trials: list[Trial], run_one: Callable[[Trial], dict], workers: int) -> None:
    """几个进程先把试验做了，结果在文件里，主进程随后去读。小矩阵上，两个进程各一个线程比一个进程两个线程快。"""
    context = multiprocessing.get_context("spawn")
    jobs = (trials, run_one, os.getpid(), context.Value("i", 0))
    processes = [context.Process(target=work, args=jobs, daemon=True) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def other_texts(limit: int | None) -> dict[str, str]:
    """与任务的格式无关的两种文字，各至多 limit 字：笔记（也与领域无关）、药店的散文（小模型的预训练里有同类的）。"""
    notes = HELD_OUT_TEXT.read_text(encoding="utf-8")
    prose = "\n".join(generated(HELD_OUT + i) for i in range(60))
    return {"notes": notes[:limit], "prose": prose[:limit]}


def options(argv):
    parser = Parser(__doc__)
    parser.add_argument("--full", action="store_true", help="全部方法，四个学习率，最好的三个种子")
    parser.add_argument("--model", choices=["small", "gemma"], default="small", help="在哪个基座上，默认 small")
    parser.add_argument("--methods", nargs="+", choices=VARIANTS, metavar="NAME", help="只跑这几种")
    parser.add_argument("--workers", type=positive_int, default=1, metavar="N", help="同时做几次试验，默认 1")
    common_options(parser, __file__)
    return parser.parse_args(argv)


def main(argv=None) -> dict:
    args = options(argv)
    device, out = pick_device(args.device), output_dir(args.out)
    # 宽 160 的小模型用 bf16 反而慢：矩阵太小，省下的不够付 autocast 来回转换的
    plan = plan_for(args, "bf16" if args.model == "gemma" and has_fast_bf16(device) else "fp32")
    print(f"{plan}\n设备 {device}，{torch.get_num_threads()} 个线程")
    large = args.model == "gemma"  # 26 万词的输出头：文字取短些，只写一题
    texts, shown = other_texts(300 if args.smoke else 2000 if large else None), 0 if args.smoke else 1 if large else 3
    run_one = partial(finished, out=out, texts=texts, device=device, shown=shown)
    base, points, rows, samples = untrained(plan, run_one), [], [], {}
    minutes = {"main": 0.0, "controls": 0.0}  # 各次试验的时间之和，几个进程同时做的也相加
    if args.workers > 1:
        ahead([trial for variant in plan.variants for trial in trials_of(plan, variant)], run_one, args.workers)
    found = {variant: search(plan, variant, run_one) for variant in plan.variants}
    again = {variant: repeats(plan, variant, found[variant]) for variant in plan.variants}
    if args.workers > 1:
        ahead([trial for trials in again.values() for trial in trials], run_one, args.workers)
    for variant in plan.variants:
        points += curve(variant, found[variant])
        others = [run_one(trial) for trial in again[variant]]
        tested = [best_of(found[variant]), *others]
        minutes["main" if variant in MAIN else "controls"] += spent(found[variant] + others)
        rows.append(summary(variant, tested, found[variant]))
        samples[variant] = tested[0]["samples"]
        show(rows[-1], samples[variant])
    t = plan.base
    return emit_result({
        "model": t.base, "untrained": base, "rows": rows, "points": points, "samples": samples,
        "train_rows": t.train_rows, "dev_rows": t.dev_rows, "test_rows": t.test_rows, "epochs": t.epochs,
        "seeds": plan.seeds, "precision": t.precision, "workers": args.workers, "minutes": minutes,
    })  # fmt: skip


if __name__ == "__main__":
    run(main)
