"""读注意力的几把尺：熵、对齐的份额与命中、偏移、rollout；以及把一个头关掉或抹平。

教什么：一张 (T, S) 的权重怎样变成一个能比较的数；关掉一个头在哪里动手。
不教什么：这些数在训练好的模型上是多少（`7_attention_maps.py`）。
对应笔记：`7_attention_maps.md`。
"""

import re
import statistics
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional as F

from Transformer.attention import PAD, MultiHeadAttention
from Transformer.transformer import Transformer

SEPARATORS = set("年月日号的，公元-/.")  # 源句里只起分隔作用的字
FORMS = (  # 年、月、日在源句的哪里：三种次序
    r"(?P<year>.{4})年的?(?P<month>[^年月]+)月(?P<day>[^日号]+)[日号]",
    r"(?P<month>[^月，]+)月(?P<day>[^日号]+)[日号]，(?P<year>.{4})年",
    r"(?P<year>\d{4})[-/.](?P<month>\d+)[-/.](?P<day>\d+)",
)


def entropy(weights: Tensor) -> Tensor:
    """每行的熵，单位 nat：(..., S) -> (...)    式 (7.1)。只看一个字是 0，平均地看 S 个字是 ln S。

    >>> entropy(torch.tensor([[1.0, 0.0], [0.5, 0.5]]))
    tensor([0.0000, 0.6931])
    """
    return torch.special.entr(weights).sum(-1)  # entr(w) = -w ln w，0 处是 0：直接写 w * w.log() 会得 nan


def right_spans(text: str, value: str) -> Tensor:
    """right[t, s]：写第 t 个字时，源句的第 s 个字在不在正确的段里。(T, S)，都含 <eos>；- 与 <eos> 的行全是 False。"""
    found = next(match for form in FORMS if (match := re.search(form, text)))
    right = torch.zeros(len(value) + 1, len(text) + 1, dtype=torch.bool)
    for i in range(4):
        right[i, found.start("year") + i] = True  # 年份的一个数字对一个字
    for name, rows in (("month", slice(5, 7)), ("day", slice(8, 10))):
        right[rows, found.start(name) : found.end(name)] = True  # 11 对 十一：两个数字都该看这一段
    return right


def span_mass(weights: Tensor, right: Tensor, shift: int = 0) -> Tensor:
    """有正确答案的各行，落在正确的那一段里的权重：(T, S) -> (N,)    式 (7.2)

    right[t, s] 是「写第 t 个字时，源句的第 s 个字在不在正确的段里」；整行 False 的行没有答案，不算。
    shift 把行错开：用第 t+shift 行的权重配第 t 行的答案。

    >>> weights = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    >>> span_mass(weights, torch.tensor([[True, True, False], [False, False, False]]))
    tensor([0.9000])
    """
    kept = [t for t in right.any(-1).nonzero().flatten().tolist() if 0 <= t + shift < len(weights)]
    return torch.stack([weights[t + shift, right[t]].sum() for t in kept])


def span_hits(weights: Tensor, right: Tensor) -> Tensor:
    """有正确答案的各行，权重最大的那个字在不在正确的段里：(T, S) -> (N,)，1 是在。"""
    hits = right.gather(1, weights.argmax(-1, keepdim=True)).squeeze(1)  # (T, S) -> (T, 1) -> (T,)
    return hits[right.any(-1)].float()


def offset_score(weights: Tensor, offset: int) -> float:
    """query t 给 key t+offset 的权重，对 t 平均    式 (7.3)。weights (T, T)；-1 高的是看前一个的头。

    >>> offset_score(torch.tensor([[1.0, 0.0], [0.75, 0.25]]), -1)
    0.75
    """
    return weights.diagonal(offset).mean().item()


def rollout(layers: list[Tensor]) -> Tensor:
    """各层的 (H, T, T)，从下往上 -> 顶层各位置来自输入各位置的份额 (T, T)    式 (7.4)（Abnar & Zuidema 2020）

    >>> rollout([torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])])
    tensor([[0.5000, 0.5000],
            [0.5000, 0.5000]])
    """
    total = torch.eye(layers[0].shape[-1])
    for weights in layers:
        mixed = 0.5 * (weights.mean(0) + torch.eye(len(total)))  # 头取平均；残差连接算一半
        total = mixed @ total  # 后一层乘在左边；两个因子每行之和都是 1，乘积也是
    return total


@contextmanager
def without_head(module: MultiHeadAttention, head: int) -> Iterator[None]:
    """第 head 个头的输出换成 0：拼好之后、乘 W_O 之前，它占 D 个通道。"""
    D = module.output.in_features // module.num_heads

    def clear(_, inputs: tuple[Tensor]) -> Tensor:
        x = inputs[0].clone()
        x[..., head * D : (head + 1) * D] = 0  # (B, T, C) 里的一段
        return x

    handle = module.output.register_forward_pre_hook(clear)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def uniform_head(module: MultiHeadAttention, head: int) -> Iterator[None]:
    """第 head 个头改成平均地看：query 全是 0，分数就全是 0，softmax 均分给看得见的 key。value 照旧。"""
    D = module.output.in_features // module.num_heads

    def clear(_, inputs, output: Tensor) -> Tensor:
        return output.index_fill(-1, torch.arange(head * D, (head + 1) * D, device=output.device), 0.0)

    handle = module.query.register_forward_hook(clear)
    try:
        yield
    finally:
        handle.remove()


@torch.inference_mode()
def score(model: Transformer, batch: tuple[Tensor, Tensor]) -> dict:
    """喂进答案算一遍：每个词的损失；整句每步的第一名都是答案的比例，它就是贪心的完全匹配率，一次前向算完。"""
    source, target = batch
    given, answer = target[:, :-1], target[:, 1:]
    logits, real = model(source, given), answer != PAD
    right = (logits.argmax(-1) == answer) | ~real
    loss = F.cross_entropy(logits[real], answer[real]).item()
    return {"loss": loss, "exact_match": right.all(-1).float().mean().item()}


def rank_correlation(a: list[float], b: list[float]) -> float:
    """斯皮尔曼秩相关：两边名次的相关系数。"""
    return statistics.correlation(*([sorted(x).index(value) for value in x] for x in (a, b)))
