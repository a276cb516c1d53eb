"""慢而简单的搜索，给 `decoding.py` 作裁判：重算对数概率、列表版束搜索、最佳优先搜索，都不用缓存。

教什么：束搜索的账可以记得多简单；按总分从高到低展开，第一个弹出的完整译文就是最好的，不用穷举。
不教什么：成批、快（`decoding.py`）。
对应笔记：`6_inference.md`。
"""

import heapq
import math

import torch
from torch import Tensor

from Transformer import decoding
from Transformer.attention import PAD
from Transformer.data import BOS, EOS, pad
from Transformer.decoding import Hypothesis, is_settled, next_log_probs
from Transformer.transformer import Transformer


@torch.inference_mode()
def true_log_probs(model: Transformer, source: Tensor, found: list[Hypothesis]) -> list[float]:
    """不用缓存，一次前向算出每条译文的对数概率：源句 (N, S) -> N 个数。"""
    rows = [[*h.ids, EOS] if h.finished else h.ids for h in found]
    target = pad([[BOS, *row] for row in rows])
    logits, answer = model(source, target[:, :-1]), target[:, 1:]
    logits[..., [PAD, BOS]] = -torch.inf
    each = logits.log_softmax(-1).gather(2, answer.clamp(min=EOS)[..., None]).squeeze(2)  # (N, T, V) -> (N, T)
    return each.masked_fill(answer == PAD, 0.0).sum(1).tolist()


def no_empty_sentence(model: Transformer, last: Tensor, *rest) -> Tensor:
    """换下 `next_log_probs`：第一步不许是 EOS，所以没有空的译文。"""
    log_probs = next_log_probs(model, last, *rest)
    if last[0, -1] == BOS:
        log_probs[:, EOS] = -math.inf
    return log_probs


@torch.inference_mode()
def simple_beam(model: Transformer, source: Tensor, beam: int, longest: int, **wrong) -> list[Hypothesis]:
    """束搜索，一句 (1, S)、不用缓存、用列表记账：与 `beam_search`（penalty=0）结果相同，慢得多。返回完成的。

    wrong 只为了量写错的损失：copies 是开头放几份，children 是每步取 K 的几倍，early 是完成 K 条就停。
    """
    memory, _ = model.encode(source)
    alive, finished = [Hypothesis([], 0.0, False)] * wrong.get("copies", 1), []
    for n in range(1, longest + 1):
        words = torch.tensor([[BOS, *h.ids] for h in alive])
        log_probs = decoding.next_log_probs(model, words, memory.expand(len(alive), -1, -1), None, None)  # (K, V)
        totals = torch.tensor([[h.log_prob] for h in alive]) + log_probs  # (K, 1) + (K, V) -> (K, V)
        best, index = totals.flatten().topk(min(wrong.get("children", 2) * beam, totals.numel()))
        parents, alive = alive, []
        for rank, (score, i) in enumerate(zip(best.tolist(), index.tolist())):
            ids, word = parents[i // totals.shape[1]].ids, i % totals.shape[1]
            if word == EOS and rank < beam:
                finished.append(Hypothesis(ids, score, True))
            if word != EOS and len(alive) < beam:
                alive.append(Hypothesis([*ids, word], score, False))
        enough = wrong.get("early") and len(finished) >= beam
        if enough or not alive or is_settled(finished, alive[0].log_prob, n, beam, 0.0):
            break
    return finished or alive


@torch.inference_mode()
def best_first(model: Transformer, source: Tensor, longest: int) -> tuple[Hypothesis, int]:
    """最佳优先：总是展开总分最高的前缀，什么都不丢。一句 (1, S) -> (概率最大的译文, 展开了几条前缀)。"""
    memory, _ = model.encode(source)
    heap: list[tuple] = [(0.0, [])]  # (负的总分, 编号)：堆顶是总分最高的
    opened = 0
    while True:
        cost, ids = heapq.heappop(heap)
        if ids and ids[-1] == EOS:  # 别的前缀已经不如它，接着写只会更低
            return Hypothesis(ids[:-1], -cost, True), opened
        if len(ids) < longest:
            opened += 1
            log_probs = decoding.next_log_probs(model, torch.tensor([[BOS, *ids]]), memory, None, None)[0]  # (V,)
            for word, log_prob in enumerate(log_probs.tolist()):
                if log_prob > -math.inf:
                    heapq.heappush(heap, (cost - log_prob, [*ids, word]))
