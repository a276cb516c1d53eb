"""LoRA：秩、α、初始化、合并、rsLoRA、DoRA、4 位的基座；每一处写错准确率各掉多少。

教什么：同一个小基座上学「先反转、再逐个加一」；秩与学习率的扫描；忘了 α/r、两个都零、两个都随机、学习率照搬。
不教什么：与别的方法比（`5_adapter_prefix.py`、`compare.py`）；速度（`bench_lora.py`）。
怎么跑：`python TrainAndFinetune/6_lora.py`（两核约 2 分钟），`--full` 3 个种子，`--smoke`（5 秒）。
      `--seed` 换训练的批；只打印，不写文件，`--out` 用不着。
对应笔记：`6_lora.md`。
"""

import copy
import statistics

import torch
from torch import nn
from tqdm import tqdm

from book import Parser, UserError, common_options, emit_result, run, seeded
from TrainAndFinetune.methods import (
    COUNTS,
    add_lora,
    add_quantized_lora,
    merge,
    quantize_base,
    train_all,
    trainable,
    training_bytes,
    unmerge,
)
from TrainAndFinetune.methods.counts import GEMMA_270M
from TrainAndFinetune.methods.inject import tuners
from TrainAndFinetune.methods.toy import Effort, adapted, batch, effort_of, evaluate, finetune, load_toy, loss_of

TASK = "compose"
RANKS, RATES = (1, 2, 4, 8, 16, 32), (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
NF4_BITS = 4.127  # 编码 4 位，加上两级比例分摊到每个权重的
BEST = 1e-2  # LoRA 的学习率，扫描里最好的一档
VARIANTS = {
    "lora": lambda model: add_lora(model, 4, 8),
    "rslora": lambda model: add_lora(model, 4, 4, rslora=True),  # 4/√4 = 8/4：与上一行同样的系数
    "dora": lambda model: add_lora(model, 4, 8, dora=True),
    "attention_only": lambda model: add_lora(model, 4, 8, targets=("q_proj", "k_proj", "v_proj", "o_proj")),
    "qlora": lambda model: add_quantized_lora(model, rank=4, alpha=8),
}


def score_of(base, add, effort: Effort, lr: float) -> float:
    """几个种子的中位数：每个符号的准确率。"""
    return statistics.median(adapted(base, add, TASK, effort, lr, seed)[1]["token"] for seed in effort.seeds)


def part_memory() -> dict:
    """Gemma 3 270M 与 7B：全参数微调与 LoRA，权重 + 梯度 + 优化器要多少 GB（不含激活）。"""
    full, lora = COUNTS["full"](GEMMA_270M), COUNTS["lora"](GEMMA_270M)
    table = GEMMA_270M.vocab_size * GEMMA_270M.hidden_size  # 词向量不量化，仍是 bf16
    four_bit = (2 * table + NF4_BITS / 8 * (full - table)) / full  # 平均每个权重几个字节
    rows = {
        "270M_full_float32": training_bytes(full, full),
        "270M_lora_float32": training_bytes(full, lora),
        "270M_lora_bf16": training_bytes(full, lora, 2),
        "270M_qlora": training_bytes(full, lora, four_bit),
        "7B_full_float32": training_bytes(7 * 10**9, 7 * 10**9),
        "7B_lora_bf16": training_bytes(7 * 10**9, 40 * 10**6, 2),  # 秩 16、七种线性层，约 4000 万个
        "7B_qlora": training_bytes(7 * 10**9, 40 * 10**6, NF4_BITS / 8),
    }
    for name, row in rows.items():
        parts = "  ".join(f"{part} {size / 1e9:7.3f}" for part, size in row.items())
        print(f"  {name:<20} {parts} GB")
    return {"lora_parameters": lora} | {name: {k: v / 1e9 for k, v in row.items()} for name, row in rows.items()}


def part_first_step(base) -> dict:
    """装上之后、训练之前：输出变了多少；第一步 A 与 B 的梯度各多大。"""
    ids, result = batch(TASK, 64, seeded("first")), {}
    for name, change in INITS.items():
        model = add_lora(copy.deepcopy(base), 4, 8)
        with torch.no_grad():
            change(model)
        loss = loss_of(model, ids)
        loss.backward()
        norms = {key: norm_of(model, f"lora_{key}") for key in "AB"}
        copied = evaluate(model, "copy")
        result[name] = {"loss": loss.item(), "copy": copied["token"]} | {f"grad_{k}": v for k, v in norms.items()}
        print(f"  {name:<12} 损失 {loss:.4f}  copy {copied['token']:.3f}  |dA| {norms['A']:.4g}  |dB| {norms['B']:.4g}")
    return result


def norm_of(model, container: str) -> float:
    """全部 lora_A（或 lora_B）的梯度合起来的长度。"""
    grads = [p.grad for name, p in trainable(model).items() if container in name]
    return torch.stack([g.norm() for g in grads]).norm().item()


def both_zero(model) -> None:
    """反例：A 也取零。"""
    for name, parameter in trainable(model).items():
        if "lora_A" in name:
            parameter.zero_()


def both_random(model) -> None:
    """反例：B 也随机，±1/√r。"""
    for name, parameter in trainable(model).items():
        if "lora_B" in name:
            nn.init.uniform_(parameter, -0.5, 0.5, generator=seeded("both_random", name))


INITS = {"right": lambda model: None, "both_zero": both_zero, "both_random": both_random}


def part_inits(base, effort: Effort) -> dict:
    """三种初始化训练之后：新任务学得怎样，原来会的还剩多少。"""
    result = {}
    for name, change in INITS.items():

        def add(model, change=change):
            add_lora(model, 4, 8)
            with torch.no_grad():
                change(model)

        tried = [adapted(base, add, TASK, effort, BEST, seed) for seed in effort.seeds]
        result[name] = {
            "token": statistics.median(score["token"] for _, score in tried),
            "copy": statistics.median(evaluate(model, "copy", effort.questions)["token"] for model, _ in tried),
        }
        print(f"  {name:<12} {TASK} {result[name]['token']:.3f}  copy {result[name]['copy']:.3f}")
    return result


def part_merge(base, effort: Effort) -> dict:
    """合并对了与忘了 α/r：α 32、秩 4，系数是 8；另有 bf16 的基座上减回去差多少。"""
    model = add_lora(copy.deepcopy(base), 4, 32)
    finetune(model, TASK, effort.steps, BEST / 2, effort.seeds[0])
    ids, result = batch(TASK, 512, seeded("merge")), {"unmerged": evaluate(model, TASK, effort.questions)["token"]}
    before = loss_of(model, ids).item()
    merge(model)
    result |= {
        "merged": evaluate(model, TASK, effort.questions)["token"],
        "gap": abs(loss_of(model, ids).item() - before),
    }
    for name, factor in (("forgot_alpha_over_r", 1 / 8), ("alpha_not_divided", 4.0)):
        unmerge(model)
        merge(model)
        for layer in tuners(model).values():
            layer.merged_layer.weight.data = layer.base_layer.weight + factor * layer.delta("default").detach()
        result[name] = evaluate(model, TASK, effort.questions)["token"]
    print("  " + "，".join(f"{name} {value:.3g}" for name, value in result.items()))
    return result | part_subtract(model)


def part_subtract(model) -> dict:
    """bf16 的基座：W + ΔW 再减 ΔW，有多少个权重回不来。"""
    changed = total = 0
    for layer in tuners(model).values():
        weight, delta = layer.base_layer.weight.bfloat16(), layer.delta("default").detach()
        back = ((weight.float() + delta).bfloat16().float() - delta).bfloat16()
        changed, total = changed + (back != weight).sum().item(), total + weight.numel()
    print(f"  bf16 里加上再减掉，{changed / total:.1%} 的权重与原来不同")
    return {"not_restored": changed / total}


def part_bf16_adapter(base, effort: Effort) -> dict:
    """反例：adapter 也存成 bf16。学习率 1e-4 时，AdamW 走一步，有多少个参数一动不动。"""
    model = add_lora(copy.deepcopy(base), 4, 8)
    finetune(model, TASK, effort.steps, BEST, effort.seeds[0])  # 先离开 B = 0
    loss_of(model, batch(TASK, 32, seeded("bf16"))).backward()
    stuck = {}
    for dtype in (torch.float32, torch.bfloat16):
        copies = [nn.Parameter(p.detach().to(dtype)) for p in trainable(model).values()]
        before = [p.detach().clone() for p in copies]
        for p, source in zip(copies, trainable(model).values()):
            p.grad = source.grad.to(dtype)
        torch.optim.AdamW(copies, lr=1e-4, weight_decay=0.0).step()
        same = sum((p == old).sum().item() for p, old in zip(copies, before))
        stuck[str(dtype).removeprefix("torch.")] = same / sum(p.numel() for p in copies)
    print("  学习率 1e-4 的一步之后没有动的：" + "，".join(f"{name} {value:.1%}" for name, value in stuck.items()))
    return stuck


def part_ranks(base, effort: Effort, ranks: tuple[int, ...]) -> dict:
    """α = 16 不变，只改秩：α/r 与 α/√r。"""
    rows = {"alpha_over_r": False, "alpha_over_root": True}
    result = {name: {} for name in rows}
    for name, rslora in rows.items():
        for rank in tqdm(ranks, desc=f"秩，{name}", disable=None):
            add = lambda model, rank=rank, rslora=rslora: add_lora(model, rank, 16, rslora=rslora)  # noqa: E731
            result[name][str(rank)] = score_of(base, add, effort, BEST / 4)
        print(f"  {name:<14}" + "  ".join(f"r={rank} {value:.3f}" for rank, value in result[name].items()))
    return result


def part_rates(base, effort: Effort, rates: tuple[float, ...]) -> dict:
    """学习率：全参数微调与 LoRA。"""
    rows = {"full": train_all, "lora": VARIANTS["lora"]}
    result = {name: {} for name in rows}
    for name, add in rows.items():
        for lr in tqdm(rates, desc=f"学习率，{name}", disable=None):
            result[name][f"{lr:.0e}".replace("e-0", "e-")] = score_of(base, add, effort, lr)
        print(f"  {name:<14}" + "  ".join(f"lr={lr} {value:.3f}" for lr, value in result[name].items()))
    best = {name: max(row, key=row.get) for name, row in result.items()}
    return result | {"best_rate": {name: float(lr) for name, lr in best.items()}}


def part_variants(base, effort: Effort) -> dict:
    """几种变体，同一个学习率；qlora 的基座另评一次。"""
    result = {name: score_of(base, add, effort, BEST) for name, add in VARIANTS.items()}
    result["parameters"] = {}
    for name, add in VARIANTS.items():
        model = copy.deepcopy(base)
        add(model)
        result["parameters"][name] = sum(p.numel() for p in trainable(model).values())
    quantized = quantize_base(copy.deepcopy(base))
    result["nf4"] = {"copy": evaluate(quantized, "copy")["token"], "sort": evaluate(quantized, "sort")["token"]}
    print("  " + "，".join(f"{name} {result[name]:.3f}" for name in VARIANTS))
    print(f"  4 位的基座：copy {result['nf4']['copy']:.3f}，sort {result['nf4']['sort']:.3f}")
    return result


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--full", action="store_true", help="3 个种子，不给就是 1 个")
    args = parser.parse_args(argv)
    if args.device not in ("auto", "cpu"):
        raise UserError(f"--device {args.device}：这个实验的小基座只在 CPU 上跑；去掉 --device")
    effort = effort_of(args)
    base = load_toy()
    total = sum(p.numel() for p in base.parameters())
    print(f"小基座 {total:,} 个参数，cpu，float32；任务 {TASK}，每次 {effort.steps} 步，种子 {list(effort.seeds)}")
    parts = {
        "memory": lambda: part_memory(),
        "first_step": lambda: part_first_step(base),
        "inits": lambda: part_inits(base, effort),
        "merge": lambda: part_merge(base, effort),
        "bf16_adapter": lambda: part_bf16_adapter(base, effort),
        "ranks": lambda: part_ranks(base, effort, RANKS[:1] if args.smoke else RANKS),
        "rates": lambda: part_rates(base, effort, RATES[:1] if args.smoke else RATES),
        "variants": lambda: part_variants(base, effort),
    }
    result = {"steps": effort.steps}
    for name, part in parts.items():
        print(f"{name}：")
        result[name] = part()
    return emit_result(result)


if __name__ == "__main__":
    run(main)
