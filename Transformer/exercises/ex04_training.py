"""ex04 训练：错开一位、标签平滑的损失、Noam 学习率、按词元数分批，自己写一遍。

级别：手算 + 补全。先读：`5_training.md`。
检查：`pytest Transformer/exercises/check_ex04.py`
"""

from torch import Tensor


def shift(target: Tensor) -> tuple[Tensor, Tensor]:
    """补全：目标 (B, T+1) -> (喂进去的, 要它答的)，都是 (B, T)。

    目标以 BOS（编号 1）开头、EOS（编号 2）结尾，短的句子后面补 0。第 t 步喂第 t 个词，答第 t+1 个。

    >>> import torch
    >>> shift(torch.tensor([[1, 7, 8, 2]]))
    (tensor([[1, 7, 8]]), tensor([[7, 8, 2]]))
    """
    raise NotImplementedError


def smoothed_loss(logits: Tensor, answer: Tensor, smoothing: float) -> Tensor:
    """手算 + 补全：标签平滑的交叉熵，在真词上平均，返回标量。

    logits (B, T, V)，answer (B, T)，编号 0 是填充，不算。
    目标分布：每个词先得 ε/V，答案再加 1 - ε，ε = smoothing。

    先在纸上算 V = 4、logits 全 0、ε = 0.2：目标是 0.05、0.85、0.05、0.05，预测都是 0.25，损失是 ln 4 = 1.3863。

    >>> import torch
    >>> smoothed_loss(torch.zeros(1, 2, 4), torch.tensor([[1, 0]]), 0.2)
    tensor(1.3863)
    """
    raise NotImplementedError


def noam(step: int, d_model: int, warmup: int) -> float:
    """手算 + 补全：论文 5.3 的学习率，step 从 1 数：

        C^(-1/2) · min(s^(-1/2), s · w^(-3/2))，C = d_model，s = step，w = warmup

    先在纸上算 C = 4、w = 4：第 4 步两项都是 1/2，乘 1/2 得 0.25；第 1 步是 1/2 · 1/8 = 0.0625。

    >>> noam(4, 4, 4), noam(1, 4, 4), noam(16, 4, 4)
    (0.25, 0.0625, 0.125)
    """
    raise NotImplementedError


def batches_by_tokens(lengths: list[int], max_tokens: int) -> list[list[int]]:
    """补全：把句子的下标分成批。先按长度从短到长排（一样长的按下标），再依次装：

        一批补齐之后的词元数 = 句数 x 批里最长的长度，不超过 max_tokens；装不下就开一批新的

    一句自己就超过 max_tokens 时，单独成一批。没有句子就没有批。

    >>> batches_by_tokens([3, 1, 5, 3], 7)
    [[1, 0], [3], [2]]
    """
    raise NotImplementedError
