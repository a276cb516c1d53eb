"""ex07 采样：top-k、top-p、min-p、温度，从 logits 到一个词，自己写一遍。

级别：补全 + 扩展。先读：`generate.md`（在 `CS336/Tokenization/`）。
检查：`pytest CS336/exercises/check_ex07.py`

三个过滤的约定相同：probs (..., V) 每行和为 1；返回同样形状的新张量，留下的重新归一化，其余是 0，词的次序不变，
传进来的不改；每行各算各的；一样大的，先留编号小的。
"""

# ruff: noqa: F401  做题时用得到的导入
import torch
from torch import Tensor


def top_k(probs: Tensor, k: int) -> Tensor:
    """补全：只留最大的 k 个，恰好 k 个（一样大的先留编号小的）；k >= V 时全留。k >= 1。

    >>> import torch
    >>> top_k(torch.tensor([0.1, 0.4, 0.2, 0.3]), 2)  # 0.4 与 0.3，各除以 0.7
    tensor([0.0000, 0.5714, 0.0000, 0.4286])
    """
    raise NotImplementedError


def top_p(probs: Tensor, p: float) -> Tensor:
    """补全：从大到小加，留合计达到 p 的最少几个；让合计越过 p 的那一个也留。0 < p <= 1，所以至少留一个。

    先手算 (0.1, 0.4, 0.2, 0.3)、p = 0.65：0.4 不够，0.4 + 0.3 够了，留这两个。p = 0.7 呢？恰好够，也是两个。

    >>> import torch
    >>> top_p(torch.tensor([0.1, 0.4, 0.2, 0.3]), 0.75)  # 0.7 还不够，再留 0.2
    tensor([0.0000, 0.4444, 0.2222, 0.3333])
    """
    raise NotImplementedError


def min_p(probs: Tensor, ratio: float) -> Tensor:
    """补全：留不小于「ratio · 这一行最大的概率」的，恰好等于的也留。0 < ratio <= 1。

    >>> import torch
    >>> min_p(torch.tensor([0.1, 0.4, 0.2, 0.3]), 0.6)  # 界线是 0.24
    tensor([0.0000, 0.5714, 0.0000, 0.4286])
    """
    raise NotImplementedError


def sample(logits: Tensor, temperature: float, p: float, generator: torch.Generator) -> Tensor:
    """扩展：从 logits (N, V) 里每行挑一个词，返回编号 int64 的 (N,)。

    次序：除以温度，softmax，`top_p(…, p)`，照剩下的概率抽（各行各抽各的），随机数全部来自 generator。
    温度 0 是贪心：每行取最大的，一样大取编号小的；不抽，也不动 generator。temperature >= 0。

    >>> import torch
    >>> sample(torch.tensor([[1.0, 3.0, 2.0], [0.0, 0.0, -1.0]]), 0.0, 1.0, torch.Generator())
    tensor([1, 0])
    """
    raise NotImplementedError
