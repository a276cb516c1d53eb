"""ex01 的答案。"""

import torch
from torch import Tensor


def cache_bytes(layers: int, kv_heads: int, head_dim: int, tokens: int, itemsize: int) -> int:
    return 2 * layers * kv_heads * head_dim * tokens * itemsize


def positions(filled: int, count: int, padding: Tensor) -> Tensor:
    cells = torch.arange(filled, filled + count)  # 写在第几格
    return (cells[None, :] - padding[:, None]).clamp(min=0)  # (1, T) - (B, 1) -> (B, T)


def visible(filled: int, count: int, window: int, padding: Tensor) -> Tensor:
    rows = torch.arange(filled, filled + count)[:, None]  # (T, 1)
    columns = torch.arange(filled + count)[None, :]  # (1, S)
    seen = (columns <= rows) & (columns > rows - window)  # (T, S)
    real = columns[None] >= padding[:, None, None]  # (B, 1, S)
    return seen & real | (columns == rows)


class Cache:
    def __init__(self, keys: Tensor, values: Tensor):
        self.keys, self.values, self.filled = keys, values, 0

    def append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        end = self.filled + key.shape[2]
        self.keys[:, :, self.filled : end] = key
        self.values[:, :, self.filled : end] = value
        self.filled = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def rewind(self, count: int) -> None:
        self.filled -= count  # 旧的不用擦：下一次写会盖住，在那之前也没有人读


def greedy(feed, prompt: list[int], count: int, end: int) -> list[int]:
    written, new, fed = [], list(prompt), 0
    for _ in range(count):
        logits = feed(new, list(range(fed, fed + len(new))))
        fed += len(new)
        token = max(range(len(logits)), key=logits.__getitem__)
        written.append(token)
        if token == end:
            break
        new = [token]
    return written
