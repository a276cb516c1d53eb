"""短训练：消融（`ablations.py`）与反例（`pitfalls.py`）共用的一次小训练，几十秒出一个完全匹配率。

教什么：比较两种写法时，除了要比的那一处，别的全都相同：数据、次序、初始化、步数。
不教什么：完整的训练（`train.py`）。
"""

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from book import seed_everything
from Transformer.attention import PAD
from Transformer.corpus import Task, load_normal_forms
from Transformer.data import buckets, collate, encode_pairs
from Transformer.decoding import translate
from Transformer.recipes import Recipe
from Transformer.report import exact_match
from Transformer.transformer import Transformer


@dataclass(frozen=True)
class Size:
    """模型与训练的大小。"""

    d_model: int = 64
    num_layers: int = 2
    steps: int = 1200
    train: int = 60000  # 训练句数
    test: int = 500
    max_tokens: int = 1024


SMOKE = Size(d_model=16, num_layers=1, steps=3, train=200, test=20, max_tokens=512)


@cache
def task_for(size: Size) -> Task:
    return load_normal_forms(size.train)


def usual_loss(model: nn.Module, source: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """每个真词的平均损失：喂进 target[:, :-1]，要它说出 target[:, 1:]。"""
    given, answer = target[:, :-1], target[:, 1:]
    where = answer != PAD
    return F.cross_entropy(model(source, given, where), answer[where], label_smoothing=smoothing)


def trained(
    size: Size,
    seed: int,
    change=lambda model: None,
    loss_of=usual_loss,
    smoothing: float = 0.0,
    warmup: int = 100,
    lr: float = 4e-3,
    **options,
) -> tuple[Transformer, float]:
    """训练一次，返回 (模型, 末尾的训练损失)。

    options 是 Transformer 的构造参数；change(model) 在训练前改动模型；loss_of 换掉损失的写法。
    """
    task = task_for(size)
    seed_everything(seed)
    C, L = size.d_model, size.num_layers
    sizes = {"d_model": C, "num_heads": 4, "num_layers": L, "d_ff": 4 * C, "dropout": 0.0, "norm": "pre"} | options
    model = Transformer(*map(len, task.tokenizers), max_length=128, **sizes)
    change(model)
    pairs = encode_pairs(task.train, *task.tokenizers, 128)
    recipe = Recipe(lr=lr, warmup=warmup)
    optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.98), eps=1e-9, fused=True)
    batches: list = []
    recent = 0.0
    for step in range(size.steps):
        batches = batches or buckets(pairs, size.max_tokens, (seed, step))
        source, target = collate([pairs[i] for i in batches.pop()])
        optimizer.param_groups[0]["lr"] = recipe.learning_rate(step, size.steps)
        loss = loss_of(model.train(), source, target, smoothing)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        recent = loss.item() if step == 0 else 0.95 * recent + 0.05 * loss.item()
    return model.eval(), recent


def short_run(size: Size, seed: int, **options) -> dict:
    """训练一次（options 见 `trained`），翻译没见过的值，返回 {"train_loss", "exact_match"}。"""
    model, loss = trained(size, seed, **options)
    task = task_for(size)
    texts, answers = zip(*task.test[: size.test])
    return {"train_loss": loss, "exact_match": exact_match(translate(model, list(texts), *task.tokenizers), answers)}
