"""手写的分类损失：对数 softmax、交叉熵、标签平滑。

教什么：为什么损失吃 logits 而不吃概率（log-sum-exp 技巧）；标签平滑就是换了一个目标分布。
不教什么：类别权重、ignore_index、回归损失。
对应笔记：`3_training.md`；与 torch.nn.functional 的比较见 `tests/test_resnet_layers.py`。
"""

import torch


def log_softmax(logits: torch.Tensor) -> torch.Tensor:
    """(N, K) -> (N, K)，每行 log(e^{z_k} / Σ_j e^{z_j})。

    先减每行最大值：指数里最大的成了 0，不会溢出；至少有一项是 e^0 = 1，log 也不会碰到 0。

    >>> log_softmax(torch.tensor([[1000.0, 1000.0]]))
    tensor([[-0.6931, -0.6931]])
    """
    shifted = logits - logits.max(dim=1, keepdim=True).values  # softmax 对整行加减常数不变    式 (3.2)
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float = 0.0) -> torch.Tensor:
    """批平均的交叉熵。logits (N, K)，labels (N,) int64，返回标量。

    label_smoothing=ε（Szegedy et al. 2016，第 7 节）：目标从独热变成 (1-ε)·独热 + ε/K，真类也分到 ε/K。

    >>> cross_entropy(torch.zeros(4, 10), torch.tensor([3, 1, 4, 1]))  # 十类均匀：ln 10
    tensor(2.3026)
    """
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise ValueError(
            f"logits 要 (N, K)、labels 要 (N,)，"
            f"收到 {tuple(logits.shape)} 与 {tuple(labels.shape)}；独热标签先 argmax(1)"
        )
    log_p = log_softmax(logits)
    hard = -log_p.gather(1, labels[:, None]).squeeze(1)  # 每行取真类那一列：(N, K) -> (N,)    式 (3.1)
    uniform = -log_p.mean(dim=1)  # 与均匀分布的交叉熵
    return ((1 - label_smoothing) * hard + label_smoothing * uniform).mean()  #               式 (3.3)
