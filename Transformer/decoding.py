"""从模型到一句话：贪心、束搜索、采样，都用键值缓存，都成批。

教什么：逐词生成的循环；束搜索怎样记账、长度惩罚为什么需要；温度与 top-k、top-p；缓存省下什么。
不教什么：只有解码器的语言模型的生成（第 4 章）。
约定：输入源句 (B, S)，返回每句一个 `Hypothesis`；编号不含 BOS 与 EOS。
对应笔记：`6_inference.md`；束搜索与穷举的比较见 `tests/test_transformer_decoding.py`。
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from Transformer.attention import PAD
from Transformer.data import BOS, EOS, encode_source, pad
from Transformer.transformer import Transformer


@dataclass(frozen=True)
class Hypothesis:
    """一条译文：编号、总的对数概率（含 EOS）、是不是自己停的。"""

    ids: list[int]
    log_prob: float
    finished: bool

    def score(self, penalty: float) -> float:
        """长度惩罚之后的分数：log P / ((5 + n) / 6)^α，n 含 EOS    式 (6.2)（Wu et al. 2016，式 14）

        >>> Hypothesis([7], -1.0, True).score(0.0)
        -1.0
        """
        return self.log_prob / ((5 + len(self.ids) + self.finished) / 6) ** penalty


def next_log_probs(model: Transformer, last: Tensor, memory: Tensor, mask: Tensor | None, cache: list) -> Tensor:
    """喂进最后一个词 (N, 1)，返回下一个词的对数概率 (N, V)；PAD 与 BOS 不会是下一个词。"""
    hidden = model.decode(last, memory, mask, cache)  # (N, 1) -> (N, 1, C)
    logits = model.output(hidden[:, -1])  # (N, C) -> (N, V)
    logits[:, [PAD, BOS]] = -math.inf
    return logits.log_softmax(dim=-1)


def room(model: Transformer, max_length: int | None) -> int:
    """最多生成几个词（含 EOS）：位置表只有 max_length 行。"""
    return min(max_length or model.max_length, model.max_length)


@torch.inference_mode()
def greedy(model: Transformer, source: Tensor, max_length: int | None = None) -> list[Hypothesis]:
    """每步取概率最大的词，直到 EOS。一样大时取编号小的。"""
    return sample(model, source, max_length, temperature=0.0)


def filter_logits(log_probs: Tensor, temperature: float, top_k: int, top_p: float) -> Tensor:
    """采样前的三道处理，(N, V) -> 概率 (N, V)：除以温度；只留前 top_k 个；只留合计到 top_p 的最少几个。

    top_k=0、top_p=1 表示不用。

    >>> filter_logits(torch.tensor([[0.5, 0.3, 0.2]]).log(), 1.0, top_k=2, top_p=1.0)
    tensor([[0.6250, 0.3750, 0.0000]])
    """
    ordered, index = (log_probs / temperature).sort(dim=-1, descending=True, stable=True)  # 一样大的，编号小的在前
    if top_k:
        ordered[:, top_k:] = -math.inf
    if top_p < 1:
        probabilities = ordered.softmax(-1)
        before = probabilities.cumsum(-1) - probabilities  # 排在它前面的合计；已经够 top_p 的，从它起都不要
        ordered[before >= top_p] = -math.inf
    return torch.zeros_like(ordered).scatter(1, index, ordered.softmax(-1))  # 放回每个词原来的位置


@torch.inference_mode()
def sample(
    model: Transformer,
    source: Tensor,
    max_length: int | None = None,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    generator: torch.Generator | None = None,
) -> list[Hypothesis]:
    """按概率抽下一个词；temperature=0 就是贪心。log_prob 按模型原来的分布算，不按过滤后的。"""
    (memory, mask), cache = model.encode(source), model.new_cache()
    B = len(source)
    words = torch.full((B, 1), BOS, device=source.device)
    done, total = torch.zeros(B, dtype=torch.bool, device=source.device), torch.zeros(B, device=source.device)
    for _ in range(room(model, max_length)):
        log_probs = next_log_probs(model, words[:, -1:], memory, mask, cache)
        if temperature == 0:
            word = log_probs.argmax(-1)
        else:
            probabilities = filter_logits(log_probs, temperature, top_k, top_p)
            word = torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
        total += log_probs.gather(1, word[:, None]).squeeze(1).masked_fill(done, 0.0)
        words = torch.cat([words, word.masked_fill(done, PAD)[:, None]], dim=1)
        done |= word == EOS
        if done.all():
            break
    return [hypothesis(row, score) for row, score in zip(words[:, 1:].tolist(), total.tolist())]


def hypothesis(row: list[int], log_prob: float) -> Hypothesis:
    """一行编号（可能带 EOS 与填充）-> Hypothesis。"""
    finished = EOS in row
    return Hypothesis(row[: row.index(EOS)] if finished else row, log_prob, finished)


@torch.inference_mode()
def beam_search(
    model: Transformer, source: Tensor, beam: int = 4, max_length: int | None = None, penalty: float = 0.6
) -> list[Hypothesis]:
    """束搜索（论文 6.1：beam 4，α = 0.6）：每句同时保留 beam 条最好的未完成的译文。

    每步：B·K 条各有 V 个接法 -> 每句取最好的 2K 个（EOS 至多占 K 个，所以总还剩 K 条能接着写）
          -> 以 EOS 结尾的进「完成」，其余取前 K 条接着写。
    一句完成了 K 条、还在写的又都不如完成的里最好的，就不再看它；每句都这样就停。beam=1 时与贪心完全相同。
    """
    (memory, mask), cache = model.encode(source), model.new_cache()
    B, K, V = len(source), beam, model.output.out_features
    # 第一步：K 条完全相同，只留第一条有分，否则会选出 K 份同样的译文
    scores = torch.full((B, K), -math.inf, device=source.device)
    scores[:, 0] = 0.0
    memory = memory.repeat_interleave(K, dim=0)  # (B, S, C) -> (B·K, S, C)
    mask = None if mask is None else mask.repeat_interleave(K, dim=0)
    words = torch.full((B * K, 1), BOS, device=source.device)
    finished: list[list[Hypothesis]] = [[] for _ in range(B)]
    settled = [False] * B
    for _ in range(room(model, max_length)):
        log_probs = next_log_probs(model, words[:, -1:], memory, mask, cache)  # (B·K, V)
        totals = (scores.view(-1, 1) + log_probs).view(B, K * V)  # (B·K, V) -> (B, K·V)
        best, index = totals.topk(min(2 * K, K * V), dim=1)  # (B, 2K)
        parent, word = index // V, index % V
        rows = parent + K * torch.arange(B, device=source.device)[:, None]  # 句内的第几条 -> 批里的第几行
        is_end = word == EOS
        for b, j in is_end.nonzero().tolist():
            if j < K and best[b, j] > -math.inf and not settled[b]:  # 排在前 K 名的才算完成：后面的不如还在写的
                finished[b].append(Hypothesis(words[rows[b, j], 1:].tolist(), best[b, j].item(), True))
        # 不是 EOS 的里面取前 K 条：稳定排序保持分数的次序
        keep = is_end.int().sort(dim=1, stable=True).indices[:, :K]
        scores = best.masked_fill(is_end, -math.inf).gather(1, keep)  # (B, K)
        chosen = rows.gather(1, keep).flatten()  # (B·K,)
        words = torch.cat([words[chosen], word.gather(1, keep).flatten()[:, None]], dim=1)
        for b, leader in enumerate(scores[:, 0].tolist()):
            settled[b] = settled[b] or is_settled(finished[b], leader, words.shape[1] - 1, K, penalty)
        if all(settled):
            break
        for layer in cache:
            layer.select(chosen)
    return [
        max(done or cut_off(words, scores, b, K), key=lambda h: h.score(penalty)) for b, done in enumerate(finished)
    ]


def is_settled(done: list[Hypothesis], leader: float, length: int, beam: int, penalty: float) -> bool:
    """这一句可以停了吗：完成了 beam 条，且还在写的第一名（写了 length 个词）按现在的分数已经比不过最好的完成者。

    只数条数不够：两条早早写完的坏译文会挤掉一条还没写完的好译文。只看分数也不够：有长度惩罚时，接着写还可能反超。

    >>> is_settled([Hypothesis([7], -6.0, True)], leader=-0.1, length=2, beam=1, penalty=0.0)
    False
    >>> is_settled([Hypothesis([7], -1.0, True)], leader=-6.0, length=2, beam=2, penalty=0.0)
    False
    """
    running = Hypothesis([0] * length, leader, False)
    return len(done) >= beam and running.score(penalty) <= max(h.score(penalty) for h in done)


def cut_off(words: Tensor, scores: Tensor, b: int, beam: int) -> list[Hypothesis]:
    """到了最长还一条都没完成：交出没写完的。"""
    rows = words[b * beam : (b + 1) * beam, 1:].tolist()
    return [Hypothesis(row, score, False) for row, score in zip(rows, scores[b].tolist())]


def translate(model: Transformer, texts: list[str], source, target, beam: int = 1, batch: int = 64) -> list[str]:
    """一串文字 -> 一串译文（次序不变）；长度相近的放在一批里。"""
    model.eval()
    device = model.output.weight.device
    rows = [encode_source(text, source, model.max_length) for text in texts]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    outputs = [""] * len(rows)
    for start in range(0, len(order), batch):
        index = order[start : start + batch]
        tokens = pad([rows[i] for i in index]).to(device)
        found = greedy(model, tokens) if beam == 1 else beam_search(model, tokens, beam)
        for i, best in zip(index, found):
            outputs[i] = target.decode(best.ids)
    return outputs
