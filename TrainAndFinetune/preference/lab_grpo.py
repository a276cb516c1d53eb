"""GRPO 的实验：检查器当奖励，三个种子；去掉一件东西，或换一个漏的检查器，各会怎样。

教什么：GRPO 的训练循环；奖励、测试集准确率、KL、长度怎样随步数走；奖励被钻空子长什么样。
不教什么：损失的推导（`grpo.py`）、真的大模型上的速度。
怎么跑：`python TrainAndFinetune/preference/lab_grpo.py`（一个线程约 3 分钟：两种训法各三个种子），
  `--part kl`、`--part baseline`、`--part leaky`（各约 3 分钟），`--smoke`（约 6 秒）。
对应笔记：`9_preference.md`。
"""

import copy
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import trange

from book import Parser, common_options, emit_result, output_dir, pick_device, run, seeded
from TrainAndFinetune.preference.dpo import token_log_probs
from TrainAndFinetune.preference.grpo import GRPOConfig, group_advantages, grpo_loss
from TrainAndFinetune.preference.measure import bootstrap, evaluate
from TrainAndFinetune.preference.policy import SFT, join, start_policy, write_answers
from TrainAndFinetune.preference.sorting import decode_answers, draw_prompts, encode_prompts, is_right, mentions_all


@dataclass(frozen=True)
class Variant:
    """一种训法：GRPO 的旋钮、用哪个检查器、奖励上加多少。"""

    name: str
    config: GRPOConfig = GRPOConfig()
    check: Callable[[str, str], bool] = is_right
    shift: float = 0.0


@dataclass(frozen=True)
class Size:
    """实验的大小。"""

    sft: SFT = SFT()
    prompts: int = 64  # 每步几道题，每题写 group 个答案
    steps: int = 100
    inner: int = 2  # 写一批答案，更新几次
    learning_rate: float = 5e-4
    every: int = 20  # 几步评估一次
    held_out: int = 512


SMOKE = Size(SFT(demonstrations=300, steps=60, batch_size=32), prompts=8, steps=2, every=1, held_out=16)
PARTS = {
    "grpo": (Variant("GRPO"), Variant("Dr. GRPO", GRPOConfig(scale=False, length="constant"))),
    "kl": (Variant("β = 0", GRPOConfig(beta=0.0)), Variant("β = 0.2", GRPOConfig(beta=0.2))),
    "baseline": (
        Variant("不减组平均", GRPOConfig(baseline="none", scale=False)),
        Variant("不减组平均，奖励加 1", GRPOConfig(baseline="none", scale=False), shift=1.0),
    ),
    "leaky": (
        Variant("漏的检查器", check=mentions_all),
        Variant("漏的检查器，β = 0.5", GRPOConfig(beta=0.5), check=mentions_all),
    ),
}


def roll_out(model, variant: Variant, size: Size, key: tuple) -> tuple[Tensor, Tensor, Tensor]:
    """抽题、各写一组答案、判分 -> 题目 (N, P)、答案 (N, A)、奖励 (N,)，N = 题数·组；同一道题的答案挨着。"""
    texts = draw_prompts(size.prompts, False, seeded(*key, "prompts"))
    texts = [text for text in texts for _ in range(variant.config.group)]
    prompts = encode_prompts(texts)
    answers = write_answers(model, prompts, seeded(*key, "answers")).clone()  # inference_mode 的张量不能进计算图
    rewards = [float(variant.check(*pair)) for pair in zip(texts, decode_answers(answers))]
    return prompts, answers, torch.tensor(rewards) + variant.shift


def informative(advantages: Tensor, group: int) -> Tensor:
    """(B·G,) -> (B·G,) bool：优势全是 0 的组什么也不教，不必为它算前向与反向（DAPO 的 dynamic sampling）。"""
    return (advantages.view(-1, group).abs().amax(-1) > 0).repeat_interleave(group)


def answer_log_probs(model, batch: dict[str, Tensor], longest: int) -> tuple[Tensor, Tensor]:
    """答案每个词元的 ln π 与掩码，(N, longest)。"""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    values, mask = token_log_probs(logits, batch["labels"])  # (N, T-1)
    return values[:, -longest:], mask[:, -longest:]


def train(model, reference, variant: Variant, size: Size, seed: int) -> list[dict]:
    """GRPO 的循环，就地改 model；返回每 size.every 步的测量，第一行是训练之前。"""
    config = variant.config
    optimizer = torch.optim.AdamW(model.parameters(), size.learning_rate, (0.9, 0.99), weight_decay=0.0)
    history = [{"step": 0, **evaluate(model, reference, size.held_out, seed)}]
    for step in trange(size.steps, desc=f"{variant.name} 种子 {seed}", leave=False):
        prompts, answers, rewards = roll_out(model, variant, size, (seed, step))
        advantages = group_advantages(rewards, config)
        useful = informative(advantages, config.group)
        for group in optimizer.param_groups:
            group["lr"] = size.learning_rate * min(1.0, (step + 1) / 10) * (1 - step / size.steps)
        watched = {"kl": 0.0, "outside": 0.0}
        if useful.any():
            batch = join(prompts[useful], answers[useful])
            longest = batch["input_ids"].shape[1] - prompts.shape[1]
            with torch.no_grad():
                known, mask = answer_log_probs(reference, batch, longest)
            old = None
            for _ in range(size.inner):
                log_probs, _ = answer_log_probs(model, batch, longest)
                old = log_probs.detach() if old is None else old  # 第一次更新时比值恰好是 1
                inputs = {"log_probs": log_probs, "old": old, "reference": known, "mask": mask}
                loss, watched = grpo_loss(**inputs, advantages=advantages[useful], config=config)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
        if (step + 1) % size.every == 0:
            row = evaluate(model, reference, size.held_out, seed)
            row |= {"useful": useful.float().mean().item(), "outside": watched["outside"]}
            history.append({"step": step + 1, **row})
    return history


def summarise(variant: Variant, histories: list[list[dict]]) -> dict:
    """几个种子合成一行：平均的曲线、终点、终点与起点之差的区间。"""
    keys = ("accuracy", "reward", "leaky", "length", "wrong_length", "kl", "ended")
    curves = {key: [statistics.mean(h[i][key] for h in histories) for i in range(len(histories[0]))] for key in keys}
    gains = {}
    for key in ("right", "sampled_right"):
        rows = [[float(b) - float(a) for a, b in zip(h[0][key], h[-1][key])] for h in histories]
        name = "accuracy" if key == "right" else "reward"
        low, high = bootstrap(rows)
        gains |= {f"{name}_gain": statistics.mean(map(statistics.mean, rows)), f"{name}_low": low, f"{name}_high": high}
    last = {key: curve[-1] for key, curve in curves.items()}
    per_seed = [[h[0]["reward"], h[-1]["reward"]] for h in histories]
    extra = {key: statistics.mean(h[-1][key] for h in histories) for key in ("useful", "outside")}
    row = {"name": variant.name, **last, **extra, **gains, "per_seed": per_seed, "curves": curves}
    return row | {"examples": histories[0][-1]["examples"]}


def describe(row: dict) -> str:
    """给人看的一行。"""
    first, gain = row["curves"], f"{row['reward_gain']:+.3f} [{row['reward_low']:+.3f}, {row['reward_high']:+.3f}]"
    return (
        f"{row['name']}：奖励 {first['reward'][0]:.3f} -> {row['reward']:.3f}（{gain}），准确率 "
        f"{first['accuracy'][0]:.3f} -> {row['accuracy']:.3f}，漏的 {row['leaky']:.3f}，"
        f"长度 {first['length'][0]:.2f} -> {row['length']:.2f}，KL {row['kl']:.2f}，{'  '.join(row['examples'])}"
    )


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--part", choices=list(PARTS), default="grpo", help="比哪几种训法，默认 grpo")
    args = parser.parse_args(argv)
    pick_device(args.device), output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待；结果也不随核数变
    size = SMOKE if args.smoke else Size()
    variants = PARTS[args.part]
    seeds = [args.seed + i for i in range(1 if args.smoke else 3)]
    print(f"CPU 一个线程，float32，{size}，{variants[0].config}，种子 {seeds}")
    starts = {seed: start_policy(size.sft, seed) for seed in seeds}
    print(f"参数 {starts[seeds[0]].num_parameters():,}，变体 {[v.name for v in variants]}")
    rows = []
    for variant in variants:
        histories = [train(copy.deepcopy(starts[s]), starts[s], variant, size, s) for s in seeds]
        rows.append(summarise(variant, histories))
        print(describe(rows[-1]))
    steps = list(range(0, size.steps + 1, size.every))
    start = {key: curve[0] for key, curve in rows[0]["curves"].items()}
    result = {"start": start, "steps": steps, "seeds": len(seeds), "variants": rows}
    return emit_result(result | {"parameters": starts[seeds[0]].num_parameters(), "seed": args.seed})


if __name__ == "__main__":
    run(main)
