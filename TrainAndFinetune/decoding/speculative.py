"""投机解码：先从已有的文字里抄几个词元，一次前向验完，对的全收。写出的与逐个写的相同。

教什么：n-gram 查找当草稿；一次前向验 m 个；为什么抽样的分布一点不变；不对的怎样从缓存里倒掉。
不教什么：用一个更小的模型打草稿（Leviathan et al. 2023）：验法相同，草稿的来源不同。
怎么跑：被 `generate.py`、`3_generate.py` 导入。
对应笔记：`3_generate.md`。
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import torch

from TrainAndFinetune.decoding.filters import Sampling, pick
from TrainAndFinetune.decoding.loop import GREEDY, Session, check_prompt, seen_rows


@dataclass(frozen=True)
class Lookup:
    """草稿怎样打。"""

    draft: int = 6  # 一次最多抄几个
    ngram: int = 3  # 从最后几个词元开始找；找不到就少一个再找
    shortest: int = 2  # 最少几个词元相同才抄：1 个太容易碰巧

    def __post_init__(self):
        if self.draft < 1 or not 1 <= self.shortest <= self.ngram:
            raise ValueError(f"{self}：draft 至少 1，1 ≤ shortest ≤ ngram；不要投机解码就用 stream")


def look_up(ids: Sequence[int], options: Lookup) -> list[int]:
    """结尾的 n 个词元以前出现过，就抄它后面的；出现几次取最近的一次，找不到是空的。

    抄到结尾还不够，就接着抄刚抄出来的（LZ77 压缩也这样）：同一个词元一直重复时，最近的一次后面只有一个可抄。

    >>> look_up([1, 2, 3, 9, 1, 2], Lookup(draft=3, ngram=2)), look_up([7, 7, 7], Lookup(draft=4))
    ([3, 9, 1], [7, 7, 7, 7])
    """
    for n in range(min(options.ngram, len(ids) - 1), options.shortest - 1, -1):
        tail = ids[-n:]
        for start in range(len(ids) - n - 1, -1, -1):
            if ids[start : start + n] == tail:
                return copied(ids, start + n, options.draft)
    return []


def copied(ids: Sequence[int], place: int, count: int) -> list[int]:
    """从 place 抄 count 个；过了结尾，抄的就是刚抄出来的。

    >>> copied([5, 6, 7], 1, 5)
    [6, 7, 6, 7, 6]
    """
    period = len(ids) - place
    return [ids[place + i % period] for i in range(count)]


def speculate(
    model,
    prompt: Sequence[int],
    max_new_tokens: int,
    sampling: Sampling = GREEDY,
    stop_ids: Collection[int] = (),
    generator: torch.Generator | None = None,
    options: Lookup = Lookup(),  # noqa: B008  不可变的 dataclass
) -> Iterator[list[int]]:
    """每次前向给出写定的一个或几个词元；接起来与 `stream` 的相同（同一个种子，抽样的也相同）。"""
    ids = check_prompt(model, prompt)
    session = Session(model, 1, len(ids) + max_new_tokens + options.draft)
    return speculative_loop(session, ids, max_new_tokens, sampling, set(stop_ids), generator, options)


@torch.inference_mode()
def speculative_loop(session: Session, ids: list[int], count: int, sampling, stop_ids, generator, options):
    """喂 [还没喂的, 草稿…]，从第一个位置起各挑一个：与草稿相同就接着看下一个，不同就停在挑出来的那一个。

    每个位置都照模型的分布挑，草稿只决定要不要多看一个：所以分布不变，随机数也用得一样多。
    """
    new, end = ids, len(ids) + count
    while len(ids) < end:
        draft = look_up(ids, options)[: end - len(ids) - 1]
        logits = session.feed(torch.tensor([new + draft]), keep=len(draft) + 1)[0]  # (m + 1, V)
        accepted: list[int] = []
        for i, row in enumerate(logits):
            seen = seen_rows(sampling, [ids + accepted], row)
            token = pick(row[None], sampling, seen, generator)[0]
            accepted.append(token)
            if token in stop_ids or i == len(draft) or token != draft[i]:
                break
        # 猜错的草稿从缓存里倒掉；猜中的是 len(accepted) - 1 个，最后挑的那个还没有喂
        session.rewind(len(draft) - (len(accepted) - 1))
        ids, new = ids + accepted, accepted[-1:]
        yield accepted
        if accepted[-1] in stop_ids:
            return
