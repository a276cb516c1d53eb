"""ex01 键值缓存：新词元写在第几格、位置是几、看得见哪几格，自己写一遍。

级别：手算 + 补全 + 扩展。先读：`3_generate.md`。
检查：`pytest TrainAndFinetune/exercises/check_ex01.py`

缓存是一排格子，一个词元一格。一批里短的提示在左边填充，填充也占格：第 b 行的前 padding[b] 格是填充。
"""

# ruff: noqa: F401  做题时用得到的导入
from collections.abc import Callable

import torch
from torch import Tensor


def cache_bytes(layers: int, kv_heads: int, head_dim: int, tokens: int, itemsize: int) -> int:
    """手算：tokens 个词元的缓存占多少字节；每个数 itemsize 字节，键与值各存一份。

    >>> cache_bytes(layers=2, kv_heads=1, head_dim=4, tokens=10, itemsize=2)
    320
    """
    raise NotImplementedError


def positions(filled: int, count: int, padding: Tensor) -> Tensor:
    """补全：已经写了 filled 格，又喂进 count 个，它们的位置；padding (B,) -> int64 的 (B, count)。

    每行的第一个真的词元位置是 0；填充的位置写 0。

    >>> import torch
    >>> positions(0, 4, torch.tensor([0, 2]))
    tensor([[0, 1, 2, 3],
            [0, 0, 0, 1]])
    >>> positions(4, 1, torch.tensor([0, 2]))
    tensor([[4],
            [2]])
    """
    raise NotImplementedError


def visible(filled: int, count: int, window: int, padding: Tensor) -> Tensor:
    """补全：out[b, t, s]：第 b 行新喂的第 t 个，看不看得见第 s 格；bool 的 (B, count, filled + count)。

    看得见：不晚于自己、离自己不到 window 格（自己算在内，一共 window 格）、不是填充。
    填充自己只看见自己（不然它那一行的 softmax 是 0/0）。

    >>> import torch
    >>> visible(2, 2, 3, torch.tensor([1])).int()  # 第 0 格是填充；新喂的在第 2、3 格
    tensor([[[0, 1, 1, 0],
             [0, 1, 1, 1]]], dtype=torch.int32)
    """
    raise NotImplementedError


class Cache:
    """补全：一层的缓存，一次分配好。keys、values 是 (B, H, S, D)，filled 是写了几格。

    >>> import torch
    >>> cache = Cache(torch.zeros(1, 1, 4, 2), torch.zeros(1, 1, 4, 2))
    >>> keys, values = cache.append(torch.ones(1, 1, 3, 2), torch.ones(1, 1, 3, 2))
    >>> keys.shape, cache.filled
    (torch.Size([1, 1, 3, 2]), 3)
    >>> cache.rewind(2)
    >>> cache.filled
    1
    """

    def __init__(self, keys: Tensor, values: Tensor):
        self.keys, self.values, self.filled = keys, values, 0

    def append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """写进新的 (B, H, T, D)，接在已有的后面；返回写过的全部键与值 (B, H, filled, D)。"""
        raise NotImplementedError

    def rewind(self, count: int) -> None:
        """倒掉最后 count 格，好像没有写过。"""
        raise NotImplementedError


def greedy(feed: Callable[[list[int], list[int]], list[float]], prompt: list[int], count: int, end: int) -> list[int]:
    """扩展：贪心写至多 count 个词元，写出 end（含）就停；返回新词元。

    feed(编号, 位置) 把这些词元喂进模型（它自己记着缓存），返回最后一个的 logits。一个词元只喂一次。

    >>> def feed(ids, places):  # 假模型：下一个是 (最后一个 + 1) % 5
    ...     print(ids, places)
    ...     return [float(i == (ids[-1] + 1) % 5) for i in range(5)]
    >>> greedy(feed, [1, 2], 3, end=0)
    [1, 2] [0, 1]
    [3] [2]
    [4] [3]
    [3, 4, 0]
    """
    raise NotImplementedError
