"""手写的数据加载：映射式数据集、每轮的顺序、取样器、拼批。

教什么：DataLoader 就是「给顺序、切成批、逐个取、叠起来」；顺序怎样写成 (种子, 轮次) 的纯函数。
不教什么：多进程预取、锁页内存、流式数据集（IterableDataset）。
对应笔记：`3_training.md`；与 torch.utils.data.DataLoader 的比较见 `tests/test_resnet_layers.py`。
"""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from book import seeded


class ImageDataset(Dataset):
    """映射式数据集：说得出有多少个（__len__），给得出第 i 个（__getitem__），别的都不用管。

    >>> data = ImageDataset(torch.zeros(5, 1, 8, 8), torch.tensor([3, 1, 4, 1, 5]))
    >>> len(data), data[2][0].shape, data[2][1]
    (5, torch.Size([1, 8, 8]), 4)
    """

    def __init__(self, images: Tensor, labels: Tensor):
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self.images[i], int(self.labels[i])


def epoch_order(seed: int, epoch: int, n: int) -> Tensor:
    """第 epoch 轮的顺序：(seed, epoch) 的纯函数，与之前抽过多少随机数无关。返回 (n,) 的下标。

    `train.py` 用的是同一个顺序。种子经过散列：CPU 上的 torch.Generator 只看种子的低 32 位，
    自己拼 `(seed << 32) + epoch` 等于没有 seed。

    >>> epoch_order(0, 3, 5), epoch_order(0, 4, 5)
    (tensor([2, 0, 1, 3, 4]), tensor([0, 4, 1, 3, 2]))
    """
    return torch.randperm(n, generator=seeded(seed, "order", epoch))


class EpochSampler(Sampler):
    """把 `epoch_order` 接到 DataLoader 上：每轮开始前 set_epoch，这一轮的顺序就定了。"""

    def __init__(self, n: int, seed: int):
        self.n, self.seed, self.epoch = n, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[int]:
        return iter(epoch_order(self.seed, self.epoch, self.n).tolist())


def collate(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor]:
    """拼批：B 个 ((C, H, W), 整数) -> (B, C, H, W) 与 (B,) int64。"""
    images, labels = zip(*samples)
    return torch.stack(images), torch.tensor(labels)


def batches(dataset: Dataset, order: Iterable[int], batch_size: int, drop_last: bool = False) -> Iterator:
    """手写的 DataLoader（单进程）：按 order 逐个取，攒够 batch_size 个就拼成一批。

    >>> data = ImageDataset(torch.zeros(5, 1, 8, 8), torch.arange(5))
    >>> [labels.tolist() for _, labels in batches(data, [4, 3, 2, 1, 0], batch_size=2)]
    [[4, 3], [2, 1], [0]]
    """
    samples = []
    for i in order:
        samples.append(dataset[i])
        if len(samples) == batch_size:
            yield collate(samples)
            samples = []
    if samples and not drop_last:
        yield collate(samples)
