"""数据：词编号存成磁盘上的 uint16，训练时用内存映射随机取片段。

教什么：为什么目标是输入错开一位；内存映射让 100 GB 的语料也不必读进内存；取哪些片段由 Generator 决定。
不教什么：文字怎样变成编号（`Tokenization/`）。
对应笔记：`Transformer.md`、`workflow.md`。
"""

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from book import UserError

CHUNK = 1 << 16  # 一次写几个编号


def get_batch(
    tokens, batch_size: int, context_length: int, device="cpu", generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """随机取 batch_size 段：x (B, T) 与错开一位的 y (B, T)，int64。tokens 是一维的数组、张量或 memmap。

    >>> x, y = get_batch(np.arange(10), 2, 3, generator=torch.Generator().manual_seed(0))
    >>> x.shape, bool((y == x + 1).all())
    (torch.Size([2, 3]), True)
    """
    count = len(tokens) - context_length  # 起点 0..count-1：最后一段的 y 正好用到最后一个词
    if count < 1:
        raise ValueError(f"语料有 {len(tokens)} 个词，至少要 context_length+1={context_length + 1} 个；换更长的语料")
    starts = torch.randint(count, (batch_size,), generator=generator)
    rows = [np.asarray(tokens[i : i + context_length + 1]).astype(np.int64) for i in starts.tolist()]
    batch = torch.from_numpy(np.stack(rows)).to(device)  # (B, T+1)
    return batch[:, :-1], batch[:, 1:]


def write_tokens(path: Path, ids: Iterable[int]) -> int:
    """把编号流式地写成 uint16 文件，返回个数；先写临时文件再改名，写到一半断电也没有半个文件。"""
    path, count, ids = Path(path), 0, iter(ids)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            while chunk := list(islice(ids, CHUNK)):
                wrong = max(chunk) if max(chunk) > 65535 else min(chunk)
                if not 0 <= wrong <= 65535:
                    raise UserError(f"编号 {wrong} 放不进 uint16（0..65535）；词表不能超过 65,536 个")
                file.write(np.array(chunk, dtype="<u2").tobytes())
                count += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return count


def open_tokens(path: Path, vocab_size: int) -> np.ndarray:
    """内存映射一个 uint16 文件；缺失、空的、长度是奇数、编号越界都是一行 UserError。"""
    path = Path(path)
    size = path.stat().st_size if path.is_file() else 0
    if size == 0 or size % 2:
        raise UserError(f"{path} 有 {size} 字节，uint16 的编号文件应当是正的偶数；删掉它，重新编码一次")
    tokens = np.memmap(path, dtype="<u2", mode="r")
    # 分段看最大值：整个文件一次 max() 会把它全读进内存
    largest = max(int(tokens[i : i + (1 << 24)].max()) for i in range(0, len(tokens), 1 << 24))
    if largest >= vocab_size:
        raise UserError(f"{path} 里有编号 {largest}，词表只有 {vocab_size} 个；它是用另一个分词器编的，重新编码一次")
    return tokens
