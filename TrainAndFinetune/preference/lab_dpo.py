"""DPO 的实验：模型自己写的答案，对的配错的，成对地学；β、加不加交叉熵、符号写反各会怎样。

教什么：成对的数据从自己的样本里来；参考的对数概率提前算好；训练循环；损失下降而准确率也下降是怎么回事。
不教什么：损失的推导（`dpo.py`）、人的偏好从哪里来。
怎么跑：`python TrainAndFinetune/preference/lab_dpo.py`（一个线程约 3 分钟：七种训法各三个种子），`--smoke`（约 6 秒）。
对应笔记：`9_preference.md`。
"""

import copy
import statistics
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import trange

from book import Parser, UserError, common_options, emit_result, output_dir, pick_device, run, seeded
from TrainAndFinetune.preference.dpo import dpo_loss, reference_log_probs, sequence_log_probs
from TrainAndFinetune.preference.measure import bootstrap, evaluate
from TrainAndFinetune.preference.policy import SFT, join, start_policy, write_answers
from TrainAndFinetune.preference.sorting import (
    decode_answers,
    draw_prompts,
    encode_answers,
    encode_prompts,
    is_right,
)


@dataclass(frozen=True)
class Variant:
    """一种训法：损失 = preference · DPO + likelihood · 对的答案的交叉熵；sign=-1 是写反了的。"""

    name: str
    beta: float = 0.3
    preference: float = 1.0
    likelihood: float = 0.0
    sign: int = 1
    rounds: int = 1  # 重新写答案、重新配对几次；每次的参考还是最初的


@dataclass(frozen=True)
class Size:
    """实验的大小。"""

    sft: SFT = SFT()
    prompts: int = 3000  # 从几道题里配对
    candidates: int = 4  # 每道题写几个答案
    batch_size: int = 64
    steps: int = 80
    learning_rate: float = 3e-4
    every: int = 20
    held_out: int = 512


SMOKE = Size(
    SFT(demonstrations=300, steps=60, batch_size=32),
    prompts=200,
    candidates=4,
    batch_size=8,
    steps=2,
    every=1,
    held_out=16,
)
VARIANTS = (
    Variant("DPO，β = 0.1", beta=0.1),
    Variant("DPO，β = 0.3"),
    Variant("DPO，β = 1", beta=1.0),
    Variant("只用交叉熵", preference=0.0, likelihood=1.0),
    Variant("DPO + 交叉熵", likelihood=1.0),
    Variant("DPO + 交叉熵，三轮", likelihood=1.0, rounds=3),
    Variant("符号写反", sign=-1),
)
Batch = dict[str, Tensor]


def make_pairs(model, size: Size, key: tuple) -> list[tuple[str, str, str]]:
    """(题目, 对的答案, 错的答案)：每道题写几个，有对有错才成一对；全对全错的题没有可比的。"""
    texts = draw_prompts(size.prompts, False, seeded(*key, "prompts"))
    prompts, pairs = encode_prompts(texts), []
    written = [decode_answers(write_answers(model, prompts, seeded(*key, i))) for i in range(size.candidates)]
    for text, answers in zip(texts, zip(*written)):
        right = [answer for answer in answers if is_right(text, answer)]
        wrong = [answer for answer in answers if not is_right(text, answer)]
        if right and wrong:
            pairs.append((text, right[0], wrong[0]))
    return pairs


def make_batches(pairs: list[tuple[str, str, str]], size: Size) -> list[tuple[Batch, Batch]]:
    """一批是 (题目+对的, 题目+错的)，行行对应；最后不满的一批丢掉。"""
    chunks = [pairs[i : i + size.batch_size] for i in range(0, len(pairs) - size.batch_size + 1, size.batch_size)]
    columns = [tuple(zip(*chunk)) for chunk in chunks]
    return [
        (join(encode_prompts(texts), encode_answers(right)), join(encode_prompts(texts), encode_answers(wrong)))
        for texts, right, wrong in columns
    ]


def train(model, reference, variant: Variant, size: Size, seed: int) -> list[dict]:
    """DPO 的循环，就地改 model；返回每 size.every 步的测量，第一行是训练之前。"""
    optimizer = torch.optim.AdamW(model.parameters(), size.learning_rate, (0.9, 0.99), weight_decay=0.0)
    history = [{"step": 0, **evaluate(model, reference, size.held_out, seed)}]
    for step in trange(size.steps, desc=f"{variant.name} 种子 {seed}", leave=False):
        length = -(-size.steps // variant.rounds)  # 每轮几步
        if step % length == 0:  # 新的一轮：用现在的模型写答案，参考的对数概率只算这一次
            pairs = make_pairs(model, size, (seed, "pairs", step // length))
            batches = make_batches(pairs, size)
            if not batches:
                raise UserError(f"只配出 {len(pairs)} 对，不满一批 {size.batch_size}；起点几乎全错或全对，多写几个答案")
            known = [reference_log_probs(reference, side) for side in zip(*batches)]
        i = step % len(batches)
        right, wrong = (sequence_log_probs(model, batch) for batch in batches[i])  # 各 (B,)
        sides = {"chosen": right, "rejected": wrong, "reference_chosen": known[0][i], "reference_rejected": known[1][i]}
        loss, margin = dpo_loss(**sides, beta=variant.sign * variant.beta)
        tokens = (batches[i][0]["labels"] != -100).sum(-1)  # (B,)
        total = variant.preference * loss - variant.likelihood * (right / tokens).mean()
        for group in optimizer.param_groups:
            group["lr"] = size.learning_rate * min(1.0, (step + 1) / 10) * (1 - step / size.steps)
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step == 0:
            history[0] |= {"loss": loss.item(), "preferred": 0.5, "chosen": 0.0, "rejected": 0.0, "pairs": len(pairs)}
        if (step + 1) % size.every == 0:
            row = {"step": step + 1, "loss": loss.item(), "pairs": len(pairs)}
            row["preferred"] = (variant.sign * margin > 0).float().mean().item()
            row["chosen"] = (right - known[0][i]).mean().item()  # 对的答案的 ln π 比参考高多少
            row["rejected"] = (wrong - known[1][i]).mean().item()
            history.append(row | evaluate(model, reference, size.held_out, seed))
    return history


CURVES = ("accuracy", "reward", "length", "kl", "loss", "preferred", "chosen", "rejected")


def summarise(variant: Variant, histories: list[list[dict]]) -> dict:
    """几个种子合成一行：平均的曲线、终点、准确率与奖励的差和区间。"""
    curves = {key: [statistics.mean(h[i][key] for h in histories) for i in range(len(histories[0]))] for key in CURVES}
    gains = {}
    for name, key in (("accuracy", "right"), ("reward", "sampled_right")):
        rows = [[float(b) - float(a) for a, b in zip(h[0][key], h[-1][key])] for h in histories]
        low, high = bootstrap(rows)
        gains |= {f"{name}_gain": statistics.mean(map(statistics.mean, rows)), f"{name}_low": low, f"{name}_high": high}
    last = {key: curve[-1] for key, curve in curves.items()}
    per_seed = [[h[0]["accuracy"], h[-1]["accuracy"]] for h in histories]
    return {"name": variant.name, "beta": variant.beta, **last, **gains, "per_seed": per_seed, "curves": curves}


def describe(row: dict) -> str:
    """给人看的一行。"""
    first, gain = (
        row["curves"],
        f"{row['accuracy_gain']:+.3f} [{row['accuracy_low']:+.3f}, {row['accuracy_high']:+.3f}]",
    )
    return (
        f"{row['name']}：损失 {first['loss'][0]:.4f} -> {row['loss']:.3f}，准确率 {first['accuracy'][0]:.3f} -> "
        f"{row['accuracy']:.3f}（{gain}），奖励 {row['reward']:.3f}，"
        f"对的 {row['chosen']:+.2f}，错的 {row['rejected']:+.2f}，KL {row['kl']:.2f}"
    )


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    pick_device(args.device), output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待；结果也不随核数变
    size = SMOKE if args.smoke else Size()
    variants = (VARIANTS[1], VARIANTS[-1]) if args.smoke else VARIANTS
    seeds = [args.seed + i for i in range(1 if args.smoke else 3)]
    print(f"CPU 一个线程，float32，{size}，种子 {seeds}")
    starts = {seed: start_policy(size.sft, seed) for seed in seeds}
    print(f"参数 {starts[seeds[0]].num_parameters():,}，变体 {[v.name for v in variants]}")
    rows, pairs = [], 0.0
    for variant in variants:
        histories = [train(copy.deepcopy(starts[s]), starts[s], variant, size, s) for s in seeds]
        rows.append(summarise(variant, histories))
        pairs = statistics.mean(h[0]["pairs"] for h in histories)
        print(describe(rows[-1]))
    start = {key: curve[0] for key, curve in rows[0]["curves"].items()}
    steps = list(range(0, size.steps + 1, size.every))
    result = {"start": start, "steps": steps, "pairs": pairs, "seeds": len(seeds), "variants": rows}
    return emit_result(result | {"parameters": starts[seeds[0]].num_parameters(), "seed": args.seed})


if __name__ == "__main__":
    run(main)
