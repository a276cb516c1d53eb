"""数一段代码里同时活着的张量占多少字节：与机器、与别的进程都无关，每次运行给出同一个数。

教什么：`TorchDispatchMode` 看得见每一个算子；一块内存从它的张量建出来算起，到最后一个张量消失为止。
不教什么：内核里面的临时缓冲（看不见）、分配器的碎片、显存。
怎么跑：被 `flash_attention.py` 使用，没有命令行。
对应笔记：`outlook.md` 第 1 部分。
"""

import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter


class LiveBytes(TorchDispatchMode):
    """`with LiveBytes() as meter:` 之后 `meter.peak` 是其间新建的张量同时活着的最大字节数。

    进来之前就有的张量不算；视图与就地运算不新建内存，也不算。

    >>> with LiveBytes() as meter:
    ...     x = torch.zeros(100)  # 400 字节
    ...     y = x + 1  # 又 400 字节，同时活着 800
    ...     del x, y
    ...     z = torch.zeros(10)
    >>> meter.peak, meter.now
    (800, 40)
    """

    def __init__(self):
        super().__init__()
        self.now = self.peak = 0
        self._live: dict[int, int] = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        given = {storage_key(x) for x in tree_iter((args, kwargs)) if isinstance(x, torch.Tensor)}
        result = function(*args, **kwargs)
        for x in tree_iter(result):
            if isinstance(x, torch.Tensor) and storage_key(x) not in given:
                self._add(x)
        return result

    def _add(self, x: torch.Tensor) -> None:
        key, storage = storage_key(x), x.untyped_storage()
        if key not in self._live:
            self._live[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._remove, key)  # 最后一个用它的张量消失时

    def _remove(self, key: int) -> None:
        self.now -= self._live.pop(key)


def storage_key(x: torch.Tensor) -> int:
    """一块内存的身份；视图与原张量相同。"""
    return x.untyped_storage()._cdata


def peak_bytes(function) -> int:
    """`function()` 运行期间新建的张量同时活着的最大字节数（返回值也算）。"""
    with LiveBytes() as meter:
        result = function()
    del result
    return meter.peak
