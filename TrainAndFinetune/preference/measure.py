"""量一个策略：测试集上的准确率、奖励、长度、到参考的 KL；几个种子合起来的区间。

教什么：KL 用整个词表精确地算，不用抽样估计；区间先抽种子，再抽题目（两层自助法）。
不教什么：怎样训练。
怎么跑：被 `lab_dpo.py`、`lab_grpo.py` 导入，不单独运行。
对应笔记：`9_preference.md`。
"""

import random

import torch
from torch import Tensor

from book import seeded
from TrainAndFinetune.preference.dpo import IGNORED
from TrainAndFinetune.preference.policy import join, write_answers
from TrainAndFinetune.preference.sorting import decode_answers, draw_prompts, encode_prompts, is_right, mentions_all


def exact_kl(logits: Tensor, reference: Tensor) -> Tensor:
    """每个位置上 KL(π‖π_ref) = Σ_v π (ln π - ln π_ref)，整个词表求和；(..., V) -> (...)，单位 nat。

    >>> half, fifth = torch.tensor([0.5, 0.5]), torch.tensor([0.2, 0.8])
    >>> round(exact_kl(half.log(), fifth.log()).item(), 4)
    0.2231
    """
    log_p, log_q = logits.float().log_softmax(-1), reference.float().log_softmax(-1)
    return (log_p.exp() * (log_p - log_q)).sum(-1)


@torch.inference_mode()
def kl_to_reference(model, reference, prompts: Tensor, answers: Tensor) -> float:
    """每个答案的 KL，nat：在 model 自己写的答案的每个位置上精确地算，再相加；抽样的只有前文。"""
    batch = join(prompts, answers)
    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
    gap = exact_kl(model(**inputs).logits, reference(**inputs).logits)[:, :-1]  # (B, T) -> (B, T-1)
    return (gap * (batch["labels"][:, 1:] != IGNORED)).sum(-1).mean().item()


def evaluate(model, reference, count: int, seed: int) -> dict:
    """测试集的 count 道题（不随 seed 变）：贪心的准确率与逐题对错，温度 1 的奖励、漏的检查器的奖励、长度、KL。"""
    texts = draw_prompts(count, True, seeded("held out"))
    prompts = encode_prompts(texts)
    greedy = [is_right(*pair) for pair in zip(texts, decode_answers(write_answers(model, prompts)))]
    answers = write_answers(model, prompts, seeded(seed, "evaluate"))
    sampled = decode_answers(answers)
    right = list(map(is_right, texts, sampled))
    return {
        "accuracy": sum(greedy) / count,
        "reward": sum(right) / count,
        "leaky": sum(map(mentions_all, texts, sampled)) / count,
        "ended": sum(text.endswith("$") for text in sampled) / count,
        "length": sum(map(len, sampled)) / count,
        "wrong_length": sum(len(text) for text, ok in zip(sampled, right) if not ok) / max(1, count - sum(right)),
        "kl": kl_to_reference(model, reference, prompts, answers),
        "examples": [f"{text}={answer}" for text, answer in zip(texts[:5], sampled)],
        "right": greedy,
        "sampled_right": right,
    }


def bootstrap(differences: list[list[float]], resamples: int = 2000, seed: int = 0) -> tuple[float, float]:
    """平均差的 95 % 区间：differences[s][i] 是第 s 个种子第 i 道题的（之后 - 之前）。

    两层都有放回地抽：先抽种子，再在抽中的种子里抽题目。只抽题目会漏掉种子之间的差别，区间窄得不真实。

    >>> bootstrap([[1.0] * 50, [0.0] * 50])  # 两个种子差得远：区间是整个 [0, 1]
    (0.0, 1.0)
    """
    generator, means = random.Random(seed), []
    for _ in range(resamples):
        seeds = generator.choices(differences, k=len(differences))
        means.append(sum(sum(generator.choices(row, k=len(row))) / len(row) for row in seeds) / len(seeds))
    means.sort()
    return means[int(0.025 * resamples)], means[int(0.975 * resamples) - 1]
