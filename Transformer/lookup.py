"""小任务「查字典」：一层注意力，学会让问题找到自己的那一条。笔记 1 用它量除以 √D 的用处。

教什么：一个只有 query 与 key 可学的最小注意力；分数乘多少是唯一的差别。
不教什么：除与不除各学到多少（`1_attention.py`）。
对应笔记：`1_attention.md` 的实验一节。
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from book import seeded

KINDS, KEYS = 32, 16  # 键有几种，一本字典里有几条


class Lookup(nn.Module):
    """一层注意力查字典：32 种键，query 与 key 各有一张 (32, D) 的表；value 是答案的独热，乘 8 当 logits。"""

    def __init__(self, D: int, scale: float, generator: torch.Generator):
        super().__init__()
        self.queries = nn.Parameter(torch.randn(KINDS, D, generator=generator))
        self.keys = nn.Parameter(torch.randn(KINDS, D, generator=generator))
        self.scale = scale

    def forward(self, question: Tensor, slots: Tensor, answers: Tensor) -> Tensor:
        q, k = self.queries[question][:, None], self.keys[slots]  # (B, 1, D)、(B, 16, D)
        weights = (q @ k.transpose(1, 2) * self.scale).softmax(dim=-1)  # (B, 1, 16)
        return 8 * (weights @ F.one_hot(answers, 10).float())[:, 0]  # (B, 1, 16) @ (B, 16, 10) -> (B, 10)


def lookup_batch(generator: torch.Generator, size: int = 32) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """一批字典：16 个不同的键、各自的答案，问其中一个。返回 (问题, 键, 答案, 对的答案)。"""
    slots = torch.rand(size, KINDS, generator=generator).argsort(dim=1)[:, :KEYS]  # (B, 16)
    answers = torch.randint(10, (size, KEYS), generator=generator)
    place = torch.randint(KEYS, (size, 1), generator=generator)
    return slots.gather(1, place)[:, 0], slots, answers, answers.gather(1, place)[:, 0]


def train_lookup(D: int, scaled: bool, lr: float, seed: int, steps: int, device) -> float:
    """SGD 训练 steps 步，返回新的 1,024 本字典上的准确率。"""
    generator = seeded("lookup", seed)
    model = Lookup(D, 1 / math.sqrt(D) if scaled else 1.0, generator).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        *inputs, labels = (t.to(device) for t in lookup_batch(generator))
        optimizer.zero_grad()
        F.cross_entropy(model(*inputs), labels).backward()
        optimizer.step()
    with torch.no_grad():
        *inputs, labels = (t.to(device) for t in lookup_batch(generator, 1024))
        return (model(*inputs).argmax(dim=1) == labels).double().mean().item()
