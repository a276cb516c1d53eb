"""几条对话合成一批：填充、按长度分批、打包。

教什么：填充的浪费与怎样少浪费；打包时两条对话之间不漏一点信息：分块的掩码。位置从 0 重新数（旋转编码只看相对位置，
数不数结果相同；不重数，长的行会超过训练过的最大位置）。
不教什么：损失（`loss.py`）。
不是脚本；`from TrainAndFinetune.tuning import collate`。对应笔记：`4_full.md`。
"""

import torch
from torch import Tensor

from book import UserError, seeded
from TrainAndFinetune.tuning.chat import IGNORE, Example

Batch = list[list[Example]]  # 一步的几行；没打包时一行一条


def collate(examples: list[Example], pad_id: int) -> dict[str, Tensor]:
    """B 条对话 -> input_ids、attention_mask、labels，都是 (B, T)，T 是最长的那条；右边填充。

    >>> collate([Example([2, 5, 6], [-100, 5, 6]), Example([2, 7], [-100, 7])], pad_id=0)["labels"].tolist()
    [[-100, 5, 6], [-100, 7, -100]]
    """
    T = max(map(len, examples))
    ids = torch.full((len(examples), T), pad_id)
    labels = torch.full((len(examples), T), IGNORE)
    mask = torch.zeros(len(examples), T, dtype=torch.long)
    for i, example in enumerate(examples):
        ids[i, : len(example)] = torch.tensor(example.ids)
        labels[i, : len(example)] = torch.tensor(example.labels)
        mask[i, : len(example)] = 1
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def length_batches(examples: list[Example], tokens_per_batch: int, generator: torch.Generator) -> list[list[Example]]:
    """打乱，再把长度相近的放进一批，每批连填充不超过 tokens_per_batch 个词元，批的次序也打乱。

    一样长的之间、批之间的次序由 generator 定；比 tokens_per_batch 还长的一条自成一批。
    """
    if not examples:
        raise UserError("一条对话也没有；检查数据")
    order = torch.randperm(len(examples), generator=generator).tolist()
    order.sort(key=lambda i: len(examples[i]))  # 稳定排序：一样长的保持打乱过的次序
    batches: list[list[Example]] = [[]]
    for i in order:
        # 从短到长：这一条就是这批最长的
        if batches[-1] and (len(batches[-1]) + 1) * len(examples[i]) > tokens_per_batch:
            batches.append([])
        batches[-1].append(examples[i])
    return [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]


def pack(examples: list[Example], length: int) -> list[list[Example]]:
    """把短的拼进同一行：从长到短，放进第一个还放得下的行（首次适应）。每条都要 <= length。

    >>> [[len(e) for e in row] for row in pack([Example([0] * n, [0] * n) for n in (3, 6, 2, 5)], 8)]
    [[6, 2], [5, 3]]
    """
    rows: list[list[Example]] = []
    room: list[int] = []
    for example in sorted(examples, key=len, reverse=True):
        if len(example) > length:
            raise UserError(f"有一条对话 {len(example)} 个词元，打包的行只有 {length}；加大行的长度")
        k = next((k for k, free in enumerate(room) if free >= len(example)), None)
        if k is None:
            k = len(rows)
            rows.append([])
            room.append(length)
        rows[k].append(example)
        room[k] -= len(example)
    return rows


def collate_packed(rows: list[list[Example]], pad_id: int) -> dict[str, Tensor]:
    """B 行，每行几条接在一起 -> input_ids、labels、position_ids、segments，都是 (B, T)。

    segments[b, i] 是第 i 个词元属于这一行的第几条（从 1 数），0 是填充；position_ids 每条都从 0 数。
    """
    joined = [Example([t for e in row for t in e.ids], [t for e in row for t in e.labels]) for row in rows]
    batch = collate(joined, pad_id)
    segments, positions = torch.zeros_like(batch["input_ids"]), torch.zeros_like(batch["input_ids"])
    for b, row in enumerate(rows):
        start = 0
        for k, example in enumerate(row, start=1):
            segments[b, start : start + len(example)] = k
            positions[b, start : start + len(example)] = torch.arange(len(example))
            start += len(example)
    del batch["attention_mask"]
    return batch | {"position_ids": positions, "segments": segments}


def block_mask(segments: Tensor, window: int | None = None) -> Tensor:
    """segments (B, T) -> (B, 1, T, T)，[b, 0, i, j] 为真：第 b 行里，查询 i 可以看键 j。

    同一条、不在后面、（给了窗口时）相距不到 window。填充的位置只看自己，免得 softmax 的一行全是 -inf。

    >>> block_mask(torch.tensor([[1, 1, 2]])).int().tolist()
    [[[[1, 0, 0], [1, 1, 0], [0, 0, 1]]]]
    """
    T = segments.shape[1]
    i, j = torch.arange(T, device=segments.device)[:, None], torch.arange(T, device=segments.device)[None, :]
    allowed = (j <= i) if window is None else (j <= i) & (i - j < window)
    same = segments[:, :, None] == segments[:, None, :]  # (B, T, T)
    same &= (segments > 0)[:, None, :] | (i == j)
    return (same & allowed)[:, None]  # (B, T, T) -> (B, 1, T, T)


def epoch_batches(settings, examples: list[Example], epoch: int) -> list[Batch]:
    """一轮的各批（settings 是 `Settings`）；次序只由 (种子, 第几轮) 决定：续训不必存随机数的状态，各进程也算出同一批。

    不打包时一批由 `length_batches` 定；打包时一批 tokens_per_batch // max_length 行。
    """
    generator = seeded(settings.seed, "batches", epoch)
    if not settings.pack:
        return [[[e] for e in batch] for batch in length_batches(examples, settings.tokens_per_batch, generator)]
    rows = pack(examples, settings.max_length)
    order = torch.randperm(len(rows), generator=generator).tolist()
    size = settings.tokens_per_batch // settings.max_length
    return [[rows[i] for i in order[start : start + size]] for start in range(0, len(order), size)]


def answer_tokens(rows: Batch) -> int:
    """算损失的词元有几个（第一个位置没有前文，不算）。"""
    return sum(label != IGNORE for row in rows for example in row for label in example.labels[1:])
