"""ex06 读注意力：熵、对齐的份额、偏移、rollout，以及把一个头关掉。

级别：手算 + 补全。先读：`7_attention_maps.md`。
检查：`pytest Transformer/exercises/check_ex06.py`

约定与笔记相同：权重的行是 query（写哪一步），列是 key（看哪个字），每行之和是 1。
"""

from torch import Tensor


def entropy(weights: Tensor) -> Tensor:
    """手算：每行的熵 -Σ w ln w，单位 nat，0 ln 0 当作 0。weights (..., S)，返回 (...)。

    先手算：只看一个字的一行是多少？平均看两个字的一行呢？（0；ln 2 = 0.693）

    >>> import torch
    >>> entropy(torch.tensor([[1.0, 0.0], [0.5, 0.5]])).abs()
    tensor([0.0000, 0.6931])
    """
    raise NotImplementedError


def span_mass(weights: Tensor, rows: list[int], columns: list[list[int]]) -> float:
    """补全：写第 rows[i] 步时，权重有多少落在 columns[i] 那几列上；对 i 平均。weights (T, S)。

    例：写 11 的两个数字（第 5、6 步），都该看「十一」（第 5、6 列）：rows = [5, 6]，columns = [[5, 6], [5, 6]]。

    >>> import torch
    >>> weights = torch.tensor([[0.5, 0.25, 0.25], [0.0, 0.25, 0.75]])
    >>> span_mass(weights, [0, 1], [[0, 1], [2]])
    0.75
    """
    raise NotImplementedError


def offset_score(weights: Tensor, offset: int) -> float:
    """补全：query t 给 key t+offset 的权重，对 t 平均；t+offset 出界的 t 不算。weights (T, T)。

    offset = -1 是看前一个，0 是看自己，1 是看后一个。

    >>> import torch
    >>> offset_score(torch.tensor([[1.0, 0.0], [0.75, 0.25]]), -1)
    0.75
    """
    raise NotImplementedError


def rollout(layers: list[Tensor]) -> Tensor:
    """补全：顶层的各位置，来自输入的各位置各几成。layers 从下往上，每层 (H, T, T)，返回 (T, T)。

    每层先对头取平均得 A，加上残差连接 0.5 (A + I)；再一层层乘起来，后一层乘在左边（Abnar & Zuidema 2020）。

    先手算：一层、一个头、两个词互相看（A = [[0, 1], [1, 0]]），0.5 (A + I) 是什么？

    >>> import torch
    >>> rollout([torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])])
    tensor([[0.5000, 0.5000],
            [0.5000, 0.5000]])
    """
    raise NotImplementedError


def zero_head(x: Tensor, num_heads: int, head: int) -> Tensor:
    """补全：关掉第 head 个头。x (B, T, C) 是各头拼好、还没乘 W_O 的输出，头 h 占通道 h·D 到 (h+1)·D，D = C/num_heads。

    返回新的张量，x 不变；别的头的梯度照样流。

    >>> import torch
    >>> zero_head(torch.ones(1, 1, 6), num_heads=3, head=1).tolist()
    [[[1.0, 1.0, 0.0, 0.0, 1.0, 1.0]]]
    """
    raise NotImplementedError
