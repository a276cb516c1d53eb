"""笔记 5、6、7 共用的小实验：一个几十秒就能预训练好的基座，两个要适配的任务。

教什么：基座会抄写、反转、排序、逐个加一（题目前面的词说明做哪样）；微调时换成一个它没见过的词 NEW：
  elicit   NEW 的意思是反转：基座会，只差告诉它做哪样
  compose  NEW 的意思是先反转、再逐个加一：基座没有做过
不教什么：真的文字（`compare.py` 用本章预训练的小模型比）。
怎么跑：被笔记的脚本使用；`python TrainAndFinetune/methods/toy.py` 重新预训练随书的小基座（约 2 分钟）。
对应笔记：`5_adapter_prefix.md`、`6_lora.md`、`7_peft.md`。
"""

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save
from torch import nn
from tqdm import tqdm
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from book import (
    Parser,
    UserError,
    atomic_write,
    common_options,
    emit_result,
    output_dir,
    positive_int,
    repository_root,
    run,
    seeded,
)
from TrainAndFinetune.methods.inject import trainable

SYMBOLS, LENGTH = 16, 6  # 符号 0-15，每题 6 个
COPY, REVERSE, SORT, NEXT, NEW, BOS, EQUALS = range(SYMBOLS, SYMBOLS + 7)
KNOWN = {"copy": COPY, "reverse": REVERSE, "sort": SORT, "next": NEXT}
TASKS = ("elicit", "compose")
WEIGHTS = repository_root() / "TrainAndFinetune" / "data" / "toy_base.safetensors"
SHAPE = {
    "vocab_size": SYMBOLS + 8, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "head_dim": 16,
    "num_attention_heads": 4, "num_key_value_heads": 1, "sliding_window": 32, "max_position_embeddings": 64,
    "query_pre_attn_scalar": 16, "pad_token_id": SYMBOLS + 7, "bos_token_id": BOS, "eos_token_id": None,
}  # fmt: skip


def answer(task: str, x: torch.Tensor) -> torch.Tensor:
    """题目 x (B, 6) -> 答案 (B, 6)。

    >>> answer("compose", torch.tensor([[1, 2, 15]]))
    tensor([[0, 3, 2]])
    """
    if task in ("reverse", "elicit", "compose"):
        x = x.flip(1)
    if task == "sort":
        x = x.sort(dim=1).values
    return (x + 1) % SYMBOLS if task in ("next", "compose") else x


def batch(task: str, B: int, generator: torch.Generator) -> torch.Tensor:
    """B 题 (B, 3 + 12)：BOS、做哪样、题目、EQUALS、答案。"""
    x = torch.randint(0, SYMBOLS, (B, LENGTH), generator=generator)
    head = torch.tensor([BOS, KNOWN.get(task, NEW)]).expand(B, 2)
    return torch.cat([head, x, torch.full((B, 1), EQUALS), answer(task, x)], dim=1)


def answer_logits(model: nn.Module, ids: torch.Tensor) -> torch.Tensor:
    """答案 6 个位置的 logits (B, 6, V)：只在要预测的位置算输出头。"""
    hidden = model.model(input_ids=ids[:, :-1]).last_hidden_state
    return model.lm_head(hidden[:, -LENGTH:])


def loss_of(model: nn.Module, ids: torch.Tensor) -> torch.Tensor:
    """答案上的平均交叉熵。"""
    return F.cross_entropy(answer_logits(model, ids).flatten(0, 1), ids[:, -LENGTH:].flatten())


@torch.no_grad()
def evaluate(model: nn.Module, task: str, questions: int = 512) -> dict[str, float]:
    """questions 道没训练过的题：损失，每个符号的准确率，整题全对的比例（前文给对的）。"""
    model.eval()
    ids = batch(task, questions, seeded("toy test", task))
    right = answer_logits(model, ids).argmax(-1) == ids[:, -LENGTH:]
    return {
        "loss": loss_of(model, ids).item(),
        "token": right.float().mean().item(),
        "exact": right.all(1).float().mean().item(),
    }


def pretrain(steps: int, seed: int = 0) -> Gemma3ForCausalLM:
    """从随机的权重学会四样：单数步一行一题，双数步一行两题（前面有别的文字时也要会）；两核约 2 分钟 3000 步。"""
    torch.manual_seed(seed)
    model, tasks = Gemma3ForCausalLM(Gemma3TextConfig(**SHAPE)).train(), list(KNOWN)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps, pct_start=0.1)
    for step in tqdm(range(steps), desc="预训练小基座", disable=None):
        generator = seeded("toy", seed, step)
        ids = batch(tasks[step % 4], 48, generator)
        if step // 4 % 2:
            other = torch.cat([batch(task, 12, generator) for task in tasks])  # 前一题是四样中的哪一样都有
            ids = torch.cat([other, ids], dim=1)
        loss_of(model, ids).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return model.eval()


def load_toy() -> Gemma3ForCausalLM:
    """随书的小基座（106,912 个参数，bf16 存，float32 算）。"""
    if not WEIGHTS.is_file():
        raise UserError(f"找不到 {WEIGHTS}；跑一次 python TrainAndFinetune/methods/toy.py 重做它")
    model = Gemma3ForCausalLM(Gemma3TextConfig(**SHAPE))
    model.load_state_dict({key: value.float() for key, value in load_file(WEIGHTS).items()}, strict=False)
    return model.eval()


def finetune(model: nn.Module, task: str, steps: int, lr: float, seed: int = 0, B: int = 32) -> list[float]:
    """AdamW 训练 `trainable(model)`，学习率线性降到 0；返回每步的损失。"""
    parameters = list(trainable(model).values())
    optimizer = torch.optim.AdamW(parameters, lr=lr, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    losses = []
    model.train()
    for step in range(steps):
        loss = loss_of(model, batch(task, B, seeded("toy finetune", seed, step)))
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


@dataclass(frozen=True)
class Effort:
    """一次实验花多大力气。"""

    steps: int = 120  # 训练多少步
    seeds: tuple[int, ...] = (0,)  # 几个种子，取中位数
    questions: int = 512  # 评估多少题


def effort_of(args) -> Effort:
    """笔记的脚本的 --smoke 与 --full：2 步 16 题；3 个种子。"""
    seeds = tuple(range(args.seed, args.seed + (3 if args.full else 1)))
    return Effort(2, seeds[:1], 16) if args.smoke else Effort(seeds=seeds)


def adapted(base: nn.Module, add, task: str, effort: Effort, lr: float, seed: int = 0) -> tuple[nn.Module, dict]:
    """复制基座、装上方法（`add(model)`）、训练、评估：(模型, 评估的结果)。"""
    model = copy.deepcopy(base)
    add(model)
    finetune(model, task, effort.steps, lr, seed)
    return model, evaluate(model, task, effort.questions)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--steps", type=positive_int, default=3000, metavar="N", help="预训练多少步，默认 3000")
    args = parser.parse_args(argv)
    model = pretrain(10 if args.smoke else args.steps, args.seed).bfloat16()
    tensors = {key: value.contiguous() for key, value in model.state_dict().items() if key != "lm_head.weight"}
    path = output_dir(args.out) / WEIGHTS.name
    atomic_write(path, save(tensors))
    print(f"写到 {path}；复制成 {WEIGHTS.relative_to(repository_root())} 就换掉了随书的那一份")
    scores = {name: evaluate(model.float(), name) for name in (*KNOWN, *TASKS)}
    return emit_result({"parameters": sum(p.numel() for p in model.parameters()), "scores": scores})


if __name__ == "__main__":
    run(main)
