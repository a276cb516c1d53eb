"""ex08 评估（选做）：混淆矩阵、每类准确率，和一个藏着四处错的评估函数。

级别：扩展。先读：`5_resnet.md`。
检查：`pytest ResNet/exercises/check_ex08.py`
"""

from collections.abc import Iterable

from torch import Tensor, nn


def confusion_matrix(labels: Tensor, predictions: Tensor, num_classes: int) -> Tensor:
    """第 i 行第 j 列：真类是 i、被判成 j 的有几个。labels、predictions 是 (N,) int64，返回 (K, K) int64。

    循环可以，不循环更好（提示：把 (i, j) 编成一个数 i·K + j，再用 torch.bincount）。

    >>> import torch
    >>> confusion_matrix(torch.tensor([0, 0, 1, 1, 1]), torch.tensor([0, 1, 1, 1, 1]), num_classes=2)
    tensor([[1, 1],
            [0, 3]])
    """
    raise NotImplementedError


def per_class_accuracy(matrix: Tensor) -> Tensor:
    """每个真类里判对的比例（召回率）。matrix (K, K)，返回 (K,) 浮点；一个样本也没有的类是 nan，不是 0。

    >>> import torch
    >>> per_class_accuracy(torch.tensor([[3, 1], [0, 0]]))
    tensor([0.7500,    nan])
    """
    raise NotImplementedError


def buggy_accuracy(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """这个函数跑得通，也给得出一个像样的数，却有四处错。先读，再去下面写对的。

    >>> import torch
    >>> buggy_accuracy(nn.Identity(), [(torch.eye(2), torch.tensor([0, 1])), (torch.eye(2)[:1], torch.tensor([1]))])
    0.5
    """
    total, count = 0.0, 0
    for x, y in batches:
        logits = model(x)
        total += (logits.argmax(dim=1) == y).float().mean().item()
        count += 1
    return total / count


def accuracy(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """抓虫：全部样本里判对的比例。batches 逐批给出 (x, y)，最后一批可以小一些。

    四处错各管一件事：每张图的权重、BatchNorm 与 Dropout 的模式、计算图的内存、调用之后模型的状态。

    >>> import torch
    >>> batches = [(torch.eye(2), torch.tensor([0, 1])), (torch.eye(2)[:1], torch.tensor([1]))]
    >>> round(accuracy(nn.Identity(), batches), 4)  # 三张里对了两张；上面那个说 0.5
    0.6667
    """
    raise NotImplementedError
