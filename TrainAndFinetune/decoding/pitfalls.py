"""几种写错：缓存里的位置错了、过滤的次序反了、停止串一个词元一个词元地查、左边填充少了掩码或位置。

教什么：每种写错长什么样，都不报错；损失多少由 `3_generate.py` 量。
不教什么：对的写法（`loop.py`、`filters.py`、`text.py`）。
对应笔记：`3_generate.md`。
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from TrainAndFinetune.decoding.filters import Sampling, filtered
from TrainAndFinetune.decoding.kv_cache import KVCache
from TrainAndFinetune.decoding.loop import Session, left_pad


class StuckSession(Session):
    """位置停在提示的末尾：每个新词元都当作紧跟着提示的那一个。"""

    prompt = 0

    def positions(self, count: int) -> Tensor:
        self.prompt = self.prompt or count
        return super().positions(count).clamp(max=self.prompt)


class RestartSession(Session):
    """位置从 0 数：每次前向都把喂进来的第一个当作句子的开头。"""

    def positions(self, count: int) -> Tensor:
        return super().positions(count) - self.fed


class SkipSession(Session):
    """差一格：新词元的位置多了 1（先加了长度再算位置）。"""

    def positions(self, count: int) -> Tensor:
        return super().positions(count) + (self.fed > 0)


class OverwriteCache(KVCache):
    """写在最后一格上：新词元盖住上一个词元的键与值，缓存再也不变长。"""

    def update(self, key: Tensor, value: Tensor, layer: int, *rest, **named) -> tuple[Tensor, Tensor]:
        if key.shape[2] == 1 and self.lengths[layer]:
            self.lengths[layer] -= 1
        return super().update(key, value, layer, *rest, **named)


class OverwriteSession(Session):
    """用 `OverwriteCache` 的循环；位置是对的。"""

    def __init__(self, model, rows: int, capacity: int, padding: Tensor | None = None):
        super().__init__(model, rows, capacity, padding)
        weight = self.cache.keys
        self.cache = OverwriteCache(model.config, rows, capacity, weight.dtype, weight.device)


WRONG_SESSIONS = {
    "stuck": StuckSession,
    "restart": RestartSession,
    "skip": SkipSession,
    "overwrite": OverwriteSession,
}


@torch.inference_mode()
def forced_logits(session_class, model, prompt: list[int], written: list[int]) -> Tensor:
    """逐个喂进写好的词元，记下每一步的 logits；(len(written), V)。"""
    session = session_class(model, 1, len(prompt) + len(written))
    rows = [session.feed(torch.tensor([prompt]))[0, -1]]
    rows += [session.feed(torch.tensor([[token]]))[0, -1] for token in written[:-1]]
    return torch.stack(rows)


@torch.inference_mode()
def padded_logits(model, prompts: Sequence[list[int]], version: str) -> Tensor:
    """一批提示填成一样长，最后一列的 logits (B, V)；version 是 right、no mask、no positions、right padding。"""
    ids, padding = left_pad(prompts)
    B, T = ids.shape
    if version == "right padding":
        ids = torch.tensor([list(p) + [0] * (T - len(p)) for p in prompts])
    session = Session(model, B, T, padding if version in ("right", "no positions") else None)
    if version == "no positions":
        session.positions = lambda count: torch.arange(count)[None]
    return session.feed(ids)[:, -1]


def temperature_last(logits: Tensor, sampling: Sampling) -> Tensor:
    """次序反了：先在原来的分布上过滤，最后才除以温度。"""
    plain = Sampling(1.0, sampling.top_k, sampling.top_p, sampling.min_p)
    return filtered(logits, plain) / sampling.temperature


def always_divide(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """重复惩罚一律用除：负的 logit 除以大于 1 的数，反而变大。"""
    return logits.index_copy(0, seen, logits[seen] / penalty)


def stop_by_token(pieces: Sequence[str], stop: str) -> str:
    """每个词元的文字里找停止串：横跨两个词元的永远找不到。返回显示出来的。"""
    shown = ""
    for piece in pieces:
        if stop in piece:
            return shown + piece[: piece.index(stop)]
        shown += piece
    return shown


def stop_after_showing(pieces: Sequence[str], stop: str) -> str:
    """先显示，再在全部文字里找：停得住，但停止串的开头已经显示了。返回显示出来的。"""
    shown = ""
    for piece in pieces:
        whole = shown + piece
        if stop in whole:
            return shown + piece[: max(0, whole.index(stop) - len(shown))]
        shown = whole
    return shown
