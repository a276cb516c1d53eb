"""束搜索：同时留 K 条，每步在 K × 26 万个接法里取前几名；写出的词元与 transformers 的 generate 相同。

教什么：为什么要取 2K 名而不是 K 名；写完的放哪里；长度惩罚；什么时候可以停。
不教什么：束搜索的由来与反例（第 2 章笔记 6）。
怎么跑：被 `generate.py`、`3_generate.py` 导入。
对应笔记：`3_generate.md`。
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from TrainAndFinetune.decoding.loop import Session, check_prompt

NOTHING_YET = -1e9


@dataclass(frozen=True)
class Hypothesis:
    """一条写完的：新词元（含停止的那一个）、对数概率之和、除过长度以后的分数。"""

    ids: list[int]
    log_prob: float
    score: float


@dataclass(frozen=True)
class BeamOptions:
    """束搜索的设定，含义与 transformers 的 generate 相同。"""

    beams: int = 4
    length_penalty: float = 1.0  # 分数 = 对数概率之和 / 长度的这么多次方；0 是不除，短的占便宜
    early_stopping: bool = False  # True：写完 K 条就停，不问还能不能更好

    def __post_init__(self):
        if self.beams < 1:
            raise ValueError(f"beams={self.beams} 至少是 1；1 就是贪心")


class Finished:
    """写完的里面分数最高的 K 条。"""

    def __init__(self, options: BeamOptions):
        self.options = options
        self.kept: list[Hypothesis] = []

    @property
    def full(self) -> bool:
        return len(self.kept) == self.options.beams

    def add(self, ids: list[int], log_prob: float) -> None:
        score = log_prob / len(ids) ** self.options.length_penalty
        best = sorted([*self.kept, Hypothesis(ids, log_prob, score)], key=lambda h: -h.score)  # 稳定：并列时先来的在前
        self.kept = best[: self.options.beams]

    def enough(self, best_running: float, length: int) -> bool:
        """还在写的里面最好的那条，照现在的长度算分，也比不上留着的最差的一条：可以停。

        这是估计，不是保证：length_penalty > 0 时，写得更长分数还会升。
        """
        if not self.full:
            return False
        return self.options.early_stopping or best_running / length**self.options.length_penalty <= self.kept[-1].score


@torch.inference_mode()
def beam_search(
    model,
    prompt: Sequence[int],
    max_new_tokens: int,
    options: BeamOptions = BeamOptions(),  # noqa: B008  不可变的 dataclass
    stop_ids: Collection[int] = (),
) -> list[Hypothesis]:
    """至多 K 条，分数从高到低。一句一句地搜；预填充只算一行，再把缓存复制成 K 行。"""
    K, stop_ids = options.beams, set(stop_ids)
    prompt = check_prompt(model, prompt)
    session, finished = Session(model, 1, len(prompt) + max_new_tokens), Finished(options)
    rows, scores = [[]], torch.zeros(1)  # 每条的新词元；每条的对数概率之和
    new = torch.tensor([prompt])
    for length in range(1, max_new_tokens + 1):
        logits = session.feed(new)[:, -1]  # (K, T) -> (K, V)；第一步只有 1 行
        total = scores.to(logits.device)[:, None] + logits.log_softmax(-1)  # (K, 1) + (K, V)
        candidates = best_continuations(total, rows, max(2, 1 + len(stop_ids)) * K)
        # 前 K 名里写完的收下；K 名以后的写完了也不收：它们只是替补
        for ids, log_prob, _ in candidates[:K]:
            if ids[-1] in stop_ids or length == max_new_tokens:
                finished.add(ids, log_prob)
        # 2K 名里至多 K 条写完（停止的词元只有一种时），剩下的总够 K 条接着写
        running = [c for c in candidates if c[0][-1] not in stop_ids][:K]
        if not running or finished.enough(running[0][1], length):
            break
        rows, scores = [ids for ids, _, _ in running], torch.tensor([log_prob for _, log_prob, _ in running])
        session.cache.select(torch.tensor([source for _, _, source in running], device=logits.device))
        new = torch.tensor([[ids[-1]] for ids in rows])  # (K, 1)
    return finished.kept


def best_continuations(total: Tensor, rows: list[list[int]], count: int) -> list[tuple[list[int], float, int]]:
    """(K, V) 的总分里最高的 count 个：(新词元, 总分, 接在第几条后面)，从高到低。"""
    V = total.shape[1]
    best, index = total.flatten().topk(min(count, total.numel()))  # (K, V) -> (K·V,) -> (count,)
    places = [(i // V, i % V) for i in index.tolist()]
    return [([*rows[source], token], score, source) for score, (source, token) in zip(best.tolist(), places)]
