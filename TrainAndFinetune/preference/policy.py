"""小策略：排数字的小 Gemma，怎样写答案、怎样先监督微调、怎样评估。

教什么：写一批答案（左填充、键值缓存、温度）；监督微调的循环；准确率、到参考的 KL、长度怎样量。
不教什么：DPO 与 GRPO 的损失（`dpo.py`、`grpo.py`）。
怎么跑：被 `lab_dpo.py`、`lab_grpo.py` 导入，不单独运行。
对应笔记：`9_preference.md`。
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, pad
from tqdm import trange
from transformers import Gemma3ForCausalLM

from book import seeded
from TrainAndFinetune.base import tiny_model
from TrainAndFinetune.preference.dpo import IGNORED
from TrainAndFinetune.preference.sorting import (
    ANSWER_LENGTH,
    EOS,
    PAD,
    VOCABULARY,
    draw_prompts,
    encode_answers,
    encode_prompts,
    right_answer,
)


@dataclass(frozen=True)
class SFT:
    """监督微调的大小：标准答案很少，步数也少，留出给 DPO 与 GRPO 学的。"""

    demonstrations: int = 600  # 几道有标准答案的题
    steps: int = 100
    batch_size: int = 64
    learning_rate: float = 2e-3


def new_policy(seed: int) -> Gemma3ForCausalLM:
    """随机初始化的小策略：与 Gemma 3 同一个类，2 层，词表 13。"""
    return tiny_model(
        seed,
        vocab_size=len(VOCABULARY),
        hidden_size=64,
        intermediate_size=128,
        head_dim=16,
        query_pre_attn_scalar=16,
        num_key_value_heads=4,
        sliding_window=64,
        eos_token_id=EOS,
    )


@torch.inference_mode()
def write_answers(model, prompts: Tensor, generator: torch.Generator | None = None, temperature: float = 1.0) -> Tensor:
    """接着 prompts (B, P) 写，写到 EOS 或 ANSWER_LENGTH 为止 -> (B, A)，EOS 之后是 PAD。generator=None 时贪心。"""
    step = model(input_ids=prompts, attention_mask=(prompts != PAD).long(), use_cache=True)
    visible, done, written = prompts != PAD, torch.zeros(len(prompts), dtype=torch.bool), []
    for _ in range(ANSWER_LENGTH):
        logits = step.logits[:, -1].float()  # (B, T, V) -> (B, V)
        if generator is None:
            chosen = logits.argmax(-1)  # (B,)
        else:
            chosen = torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator)[:, 0]
        chosen = chosen.masked_fill(done, PAD)
        written.append(chosen)
        done |= chosen == EOS
        if done.all():
            break
        visible = torch.cat([visible, torch.ones_like(done)[:, None]], dim=1)  # (B, T) -> (B, T+1)
        step = model(input_ids=chosen[:, None], attention_mask=visible.long(), cache=step.cache, use_cache=True)
    answers = torch.stack(written, dim=1)  # (B, 写了几个)
    return pad(answers, (0, ANSWER_LENGTH - answers.shape[1]), value=PAD)


def answer_mask(answers: Tensor) -> Tensor:
    """答案的词元：第一个 EOS 与它之前的，(B, A) -> (B, A) bool。不能写 answers != PAD：模型可能自己写出一个 PAD。

    >>> answer_mask(torch.tensor([[5, 0, 1, 0]]))
    tensor([[ True,  True,  True, False]])
    """
    ended = (answers == EOS).long().cumsum(-1)
    return ended - (answers == EOS).long() == 0  # 之前没有 EOS


def join(prompts: Tensor, answers: Tensor) -> dict[str, Tensor]:
    """题目 (B, P) 与答案 (B, A) 接成一批 (B, P+A)：标签只留答案的词元，别处 -100；尾部全是填充的列去掉。"""
    mask = answer_mask(answers)
    answers, mask = (x[:, : int(mask.sum(-1).max())] for x in (answers, mask))
    return {
        "input_ids": torch.cat([prompts, answers], dim=1),
        "attention_mask": torch.cat([prompts != PAD, mask], dim=1).long(),
        "labels": torch.cat([torch.full_like(prompts, IGNORED), answers.masked_fill(~mask, IGNORED)], dim=1),
    }


def train_sft(model, texts: list[str], size: SFT, seed: int) -> float:
    """监督微调：texts 的标准答案的交叉熵，只算答案；每步随机抽一批。返回最后的损失，nat 每词元。"""
    optimizer = torch.optim.AdamW(model.parameters(), lr=size.learning_rate, weight_decay=0.0)
    loss = torch.tensor(float("nan"))
    for step in trange(size.steps, desc="SFT", leave=False):
        picked = torch.randint(len(texts), (size.batch_size,), generator=seeded(seed, "sft", step)).tolist()
        prompts = [texts[i] for i in picked]
        batch = join(encode_prompts(prompts), encode_answers([right_answer(text) for text in prompts]))
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits[:, :-1]
        loss = cross_entropy(logits.flatten(0, 1), batch["labels"][:, 1:].flatten(), ignore_index=IGNORED)
        for group in optimizer.param_groups:  # 升 20 步，最后三成降到 0
            group["lr"] = size.learning_rate * min(1.0, (step + 1) / 20, (size.steps - step) / (0.3 * size.steps))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return loss.item()


def start_policy(size: SFT, seed: int) -> Gemma3ForCausalLM:
    """监督微调过的小策略：DPO 与 GRPO 的起点，也是它们的参考。"""
    model = new_policy(seed)
    train_sft(model, draw_prompts(size.demonstrations, False, seeded(seed, "demonstrations")), size, seed)
    return model
