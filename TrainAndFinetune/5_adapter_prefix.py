"""adapter、前缀、提示、(IA)³、归一化层：各训练多少个数，装上去坏不坏，学得会什么，学习率差十倍怎样。

教什么：同一个小基座、同样的步数，五种方法加全参数微调，两个任务、三个学习率；初始化与位置写错的损失。
不教什么：LoRA（`6_lora.py`）；真的文字（`compare.py`）。
怎么跑：`python TrainAndFinetune/5_adapter_prefix.py`（两核约 2 分钟），`--full` 3 个种子，`--smoke`（5 秒）。
对应笔记：`5_adapter_prefix.md`。
"""

import copy
import statistics

import torch
from tqdm import tqdm

from book import Parser, UserError, common_options, emit_result, run, seeded
from TrainAndFinetune.methods import (
    COUNTS,
    add_adapter,
    add_ia3,
    add_prefix,
    add_prompt,
    toy,
    train_all,
    train_norms,
    trainable,
)
from TrainAndFinetune.methods.counts import GEMMA_270M
from TrainAndFinetune.methods.toy import (
    LENGTH,
    NEW,
    TASKS,
    Effort,
    adapted,
    answer_logits,
    effort_of,
    evaluate,
    load_toy,
)

RATES = (1e-3, 1e-2, 1e-1)
DEMO = toy.batch("reverse", 1, seeded("demonstration"))[0]  # 一道做好的反转：BOS、REVERSE、题目、EQUALS、答案
P, SIZE = len(DEMO), 8
METHODS = {
    "full": train_all,
    "adapter": lambda model: add_adapter(model, SIZE),
    "prefix": lambda model: add_prefix(model, P, init_ids=DEMO),
    "prefix_random": lambda model: add_prefix(model, P, "random"),
    "prompt": lambda model: add_prompt(model, P, init_ids=DEMO),
    "prompt_random": lambda model: add_prompt(model, P, "random"),
    "ia3": add_ia3,
    "norms": train_norms,
}


def count_trained(model, add) -> int:
    """装上之后要训练多少个数。"""
    add(model)
    return sum(p.numel() for p in trainable(model).values())


def part_counts() -> dict:
    """在 Gemma 3 270M 上各训练多少个数，占全部的百分之几。"""
    counts = {name: COUNTS[name](GEMMA_270M) for name in ("full", "adapter", "prefix", "prompt", "ia3", "norms")}
    for name, count in counts.items():
        print(f"  {name:<8} {count:>12,}  {count / counts['full']:.4%}")
    return counts


def part_initial(base) -> dict:
    """刚装上、一步没训练：基座本来会的反转，损失变成多少。"""
    ids = toy.batch("reverse", 512, seeded("initial"))
    losses = {"base": toy.loss_of(base, ids).item()}
    for name, add in METHODS.items():
        if name != "full":
            model = copy.deepcopy(base)
            add(model)
            losses[name] = toy.loss_of(model.eval(), ids).item()
    for name, loss in losses.items():
        print(f"  {name:<14} 反转的损失 {loss:.4f}")
    return losses


def rate_key(lr: float) -> str:
    """学习率作键：0.001 -> 1e-3。"""
    return f"{lr:.0e}".replace("e-0", "e-")


def part_grid(base, effort: Effort, rates: tuple[float, ...]) -> tuple[dict, dict]:
    """每种方法 × 学习率 × 任务：每个符号的准确率（几个种子的中位数）；另给最好的那个忘了多少。"""
    runs = [(task, name, lr) for task in TASKS for name in METHODS for lr in rates]
    grid, forgetting = {task: {name: {} for name in METHODS} for task in TASKS}, {}
    for task, name, lr in tqdm(runs, desc="方法 × 学习率 × 任务", disable=None):
        tried = [adapted(base, METHODS[name], task, effort, lr, seed) for seed in effort.seeds]
        grid[task][name][rate_key(lr)] = statistics.median(score["token"] for _, score in tried)
        kept = statistics.median(evaluate(model, "copy", effort.questions)["token"] for model, _ in tried)
        if task == "compose" and grid[task][name][rate_key(lr)] == max(grid[task][name].values()):
            forgetting[name] = kept
    return grid, forgetting


def table(grid: dict, forgetting: dict) -> None:
    """打印准确率。"""
    for task, rows in grid.items():
        print(f"{task:<16}" + "".join(f"lr {lr:<8}" for lr in rows["full"]))
        for name, row in rows.items():
            print(f"  {name:<14}" + "".join(f"{value:<11.3f}" for value in row.values()))
    print("学会 compose 之后，原来会的 copy 还对多少：")
    print("  " + "，".join(f"{name} {value:.3f}" for name, value in forgetting.items()))


@torch.no_grad()
def part_wrong(base, effort: Effort) -> dict:
    """训练好的前缀，用的时候写错：位置没有加 P；掩码给前缀补了 0。"""
    with torch.enable_grad():
        model, score = adapted(base, METHODS["prefix_random"], "elicit", effort, 1e-1, effort.seeds[0])
    ids = toy.batch("elicit", effort.questions, seeded("toy test", "elicit"))
    B, T = ids.shape[0], ids.shape[1] - 1
    hidden_prefix = torch.cat([torch.zeros(B, P), torch.ones(B, T)], dim=1).long()
    wrong = {
        "positions": {"position_ids": (torch.arange(T) - P).expand(B, T)},  # 里面再加 P，正好从 0 数起
        "mask": {"attention_mask": hidden_prefix},
    }
    result = {"right": score["token"]}
    for name, inputs in wrong.items():
        hidden = model.model(input_ids=ids[:, :-1], **inputs).last_hidden_state[:, -LENGTH:]
        right = model.lm_head(hidden).argmax(-1) == ids[:, -LENGTH:]
        result[name] = right.float().mean().item()
    base_right = answer_logits(base, ids).argmax(-1) == ids[:, -LENGTH:]
    result["base"] = base_right.float().mean().item()
    print("  " + "，".join(f"{name} {value:.3f}" for name, value in result.items()))
    return result


def part_words(base) -> dict:
    """用真的词初始化的前缀与提示，等于把那几个词放在前面：最大的差。"""
    ids = toy.batch("elicit", 64, seeded("words"))
    with torch.no_grad():
        expected = answer_logits(base, torch.cat([DEMO.expand(len(ids), P), ids], dim=1))
        gaps = {}
        for name, add in (("prefix", add_prefix), ("prompt", add_prompt)):
            model = copy.deepcopy(base)
            add(model, P, init_ids=DEMO)
            gaps[name] = (answer_logits(model, ids) - expected).abs().max().item()
    print(f"  与把词放在前面的差：前缀 {gaps['prefix']:.2g}，提示 {gaps['prompt']:.2g}")
    return gaps


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--full", action="store_true", help="3 个种子，不给就是 1 个")
    args = parser.parse_args(argv)
    if args.device not in ("auto", "cpu"):
        raise UserError(f"--device {args.device}：这个实验的小基座只在 CPU 上跑；去掉 --device")
    effort = effort_of(args)
    base = load_toy()
    trained = {name: count_trained(copy.deepcopy(base), add) for name, add in METHODS.items()}
    total = sum(p.numel() for p in base.parameters())
    print(f"小基座 {total:,} 个参数，cpu，float32；每次 {effort.steps} 步，种子 {list(effort.seeds)}")
    print("Gemma 3 270M 上的参数个数：")
    result = {"steps": effort.steps, "new_token": NEW, "counts": part_counts(), "trained": trained}
    print("刚装上的时候：")
    result["initial"] = part_initial(base)
    result["words"] = part_words(base)
    result["grid"], result["forgetting"] = part_grid(base, effort, RATES[:1] if args.smoke else RATES)
    table(result["grid"], result["forgetting"])
    result["best"] = {task: {n: max(row.values()) for n, row in rows.items()} for task, rows in result["grid"].items()}
    print("前缀用错了，elicit 的准确率：")
    result["wrong"] = part_wrong(base, effort)
    return emit_result(result)


if __name__ == "__main__":
    run(main)
