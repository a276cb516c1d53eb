"""从 logits 到一个词元：重复惩罚、温度、top-k、top-p、min-p，然后抽。

教什么：每种过滤留下哪些词元，次序是什么；词表有 26 万个词元时，排序和抽样怎样只碰活得下来的几百个。
不教什么：logits 从哪里来（`loop.py`）；每种过滤的由来（第 4 章的「生成」）。
怎么跑：被 `generate.py` 与 `3_generate.py` 导入。
对应笔记：`3_generate.md`。

留下谁与 transformers 的 LogitsProcessor 逐个相同，并列的也一样：同样大小的词元，top-k 一起留，top-p 先留编号大的。
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Filter = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Sampling:
    """怎样挑下一个词元；默认是贪心。"""

    temperature: float = 0.0  # 0 是贪心；1 是模型原来的分布
    top_k: int | None = None  # 只留最大的几个
    top_p: float | None = None  # 从大到小，和达到它为止
    min_p: float | None = None  # 不小于最大概率的几倍
    repetition_penalty: float = 1.0  # 出现过的词元：正的 logit 除以它，负的乘以它

    def __post_init__(self):
        if self.temperature != 0 and not 0.01 <= self.temperature < math.inf:
            raise ValueError(f"temperature={self.temperature} 应当是 0（贪心）或不小于 0.01；1 是模型原来的分布")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k={self.top_k} 至少是 1；不要这个过滤就不写它")
        for name in ("top_p", "min_p"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise ValueError(f"{name}={value} 应当在 (0, 1] 里；不要这个过滤就不写它")
        if not (self.repetition_penalty > 0 and math.isfinite(self.repetition_penalty)):
            raise ValueError(f"repetition_penalty={self.repetition_penalty} 应当 > 0；1 是不罚，常用 1.05 到 1.3")

    def filters(self) -> list[tuple[str, Filter]]:
        """温度与三个过滤，按用的次序；没有要求的不在里面。贪心没有。"""
        if self.temperature == 0:
            return []
        steps: list[tuple[str, Filter]] = []
        if self.temperature != 1:
            steps.append((f"temperature {self.temperature:g}", lambda z: z / self.temperature))
        if self.top_k is not None:
            steps.append((f"top-k {self.top_k}", lambda z: keep_top_k(z, self.top_k)))
        if self.top_p is not None and self.top_p < 1:
            steps.append((f"top-p {self.top_p:g}", lambda z: keep_top_p(z, self.top_p)))
        if self.min_p is not None:
            steps.append((f"min-p {self.min_p:g}", lambda z: keep_min_p(z, self.min_p)))
        return steps


def penalize(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """重复惩罚：seen (n,) 里的词元，正的 logit 除以 penalty，负的乘以 penalty；(V,) -> (V,)。

    CTRL（Keskar et al. 2019，4.1 节）写的是一律除以；负的 logit 除以 1.3 会变大，等于奖励重复，各家实现都改成了这样。

    >>> penalize(torch.tensor([2.0, -1.0, 3.0]), torch.tensor([0, 1, 1]), 2.0)
    tensor([ 1., -2.,  3.])
    """
    old = logits[seen]  # 一个词元出现几次，写回去的都是同一个数：只罚一次
    return logits.index_copy(0, seen, torch.where(old < 0, old * penalty, old / penalty))


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """只留最大的 k 个，与第 k 名并列的也留，其余 -inf；(..., V) -> (..., V)。

    >>> keep_top_k(torch.tensor([1.0, 3.0, 2.0, 2.0]), 2)
    tensor([-inf, 3., 2., 2.])
    """
    smallest = logits.topk(min(k, logits.shape[-1])).values[..., -1:]  # (..., V) -> (..., 1)
    return logits.masked_fill(logits < smallest, -math.inf)


def keep_top_p(logits: Tensor, p: float, outside: float = 0.0) -> Tensor:
    """留概率最大的几个，直到和达到 p，越过界线的那一个也留（Holtzman et al. 2020，3.1 节）；(..., V) -> (..., V)。

    从小到大加：加到自己为止不超过 1 - p 的砍掉。与从大到小是同一个集合，只在并列时有差别。
    outside：不在 logits 里、比它们都小的词元的概率之和，见 `shortlist`。

    >>> keep_top_p(torch.tensor([0.5, 0.3, 0.2]).log(), 0.6).exp()
    tensor([0.5000, 0.3000, 0.0000])
    """
    ordered, order = logits.sort(dim=-1)
    drop = ordered.softmax(-1).cumsum(-1) * (1 - outside) + outside <= 1 - p
    drop[..., -1] = False  # p 很小时，最大的那个也留
    return logits.masked_fill(drop.scatter(-1, order, drop), -math.inf)


def keep_min_p(logits: Tensor, min_p: float) -> Tensor:
    """留概率不小于 min_p × 最大概率的（Nguyen et al. 2024, arXiv:2407.01082）；(..., V) -> (..., V)。

    >>> keep_min_p(torch.tensor([0.5, 0.3, 0.2]).log(), 0.5).exp()
    tensor([0.5000, 0.3000, 0.0000])
    """
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < min_p * probs.amax(-1, keepdim=True), -math.inf)


def filtered(logits: Tensor, sampling: Sampling) -> Tensor:
    """整个词表照定义过滤一遍；(..., V) -> (..., V)，softmax 之后就是采样的分布。`survivors` 要与它相同。

    >>> filtered(torch.tensor([1.0, 3.0, 2.0]), Sampling(temperature=0.5, top_k=2))
    tensor([-inf, 6., 4.])
    """
    for _, step in sampling.filters():
        logits = step(logits)
    return logits


def shortlist(z: Tensor, sampling: Sampling) -> tuple[Tensor, float]:
    """(还可能活下来的编号 (n,), 其余的概率之和)：不排序就能砍掉的先砍掉；z (V,) 已经除过温度。

    top-k：比第 k 名小的。top-p：概率不超过 (1-p)/V 的，它们全部加起来也不超过 1-p，从小到大加时排在最前，一个都留不下。
    top-k 之后重新归一化，砍掉的不再算；top-p 的分母里还有它们，所以要把它们的和带上。
    """
    if sampling.top_k is not None:
        smallest = z.topk(min(sampling.top_k, len(z))).values[-1]
        return (z >= smallest).nonzero()[:, 0], 0.0
    if sampling.top_p is not None and sampling.top_p < 1:
        probs = z.softmax(-1)
        stay = probs > (1 - sampling.top_p) / len(z)
        return stay.nonzero()[:, 0], probs.masked_fill(stay, 0.0).sum().item()
    if sampling.min_p is not None:  # 宽一点点：是不是恰好在界线上由 keep_min_p 说了算
        return (z >= z.max() + math.log(sampling.min_p) - 1e-3).nonzero()[:, 0], 0.0
    return torch.arange(len(z), device=z.device), 0.0


def survivors(logits: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """(编号 (n,), 概率 (n,))：(V,) 的 logits 过滤以后还在的词元，概率之和是 1。temperature > 0。

    与 `filtered` 是同一个分布，但排序只碰 n 个：26 万个词元排一次要几十毫秒，与算一次 lm_head 差不多。

    >>> survivors(torch.tensor([1.0, 3.0, 2.0]), Sampling(temperature=1.0, top_k=2))
    (tensor([1, 2]), tensor([0.7311, 0.2689]))
    """
    z = logits / sampling.temperature
    ids, outside = shortlist(z, sampling)
    z = z[ids]  # (V,) -> (n,)
    if sampling.top_p is not None and sampling.top_p < 1:
        z = keep_top_p(z, sampling.top_p, outside)
    if sampling.min_p is not None:
        z = keep_min_p(z, sampling.min_p)
    stay = z > -math.inf
    return ids[stay], z[stay].softmax(-1)


def draw(probs: Tensor, generator: torch.Generator | None) -> int:
    """按概率 (n,) 抽一个下标：随机数落在累计概率的哪一格。

    不用 torch.multinomial：它给每个词元各取一个随机数，26 万个要十几毫秒；这里只取一个。
    """
    cumulative = probs.double().cumsum(-1)  # float32 加 26 万次，最后几格会并成一格
    point = torch.rand((), dtype=torch.float64, generator=generator).item() * cumulative[-1]
    return min(torch.searchsorted(cumulative, point, right=True).item(), len(probs) - 1)


def pick(
    logits: Tensor, sampling: Sampling, seen: list[Tensor] | None = None, generator: torch.Generator | None = None
) -> list[int]:
    """每行挑一个词元：(B, V) -> B 个编号；贪心并列时取编号小的。seen：每行已有的词元，重复惩罚要用。"""
    if not logits.amax(-1).isfinite().all():
        raise ValueError("logits 里有 nan 或 inf：模型训练时发散了，或用了 float16；换一个检查点，或用 bfloat16")
    if sampling.repetition_penalty != 1 and seen is not None:
        rows = [penalize(row, ids, sampling.repetition_penalty) for row, ids in zip(logits, seen)]
        logits = torch.stack(rows)
    if sampling.temperature == 0:
        return logits.argmax(-1).tolist()
    tokens = []
    for row in logits:
        ids, probs = survivors(row, sampling)
        tokens.append(ids[draw(probs.cpu(), generator)].item())
    return tokens
