"""ex03 前缀：个数、形状、掩码与位置，再做一次带前缀的注意力。

级别：手算、补全。先读：`5_adapter_prefix.md`。
检查：`pytest TrainAndFinetune/exercises/check_ex03.py`
"""

# ruff: noqa: F401  做题时用得到的导入
import torch
from torch import Tensor
from torch.nn import functional as F


def prefix_count(layers: int, kv_heads: int, head_dim: int, length: int) -> int:
    """手算：前缀微调训练多少个数。每层一份键、一份值，每份是 length 个词、kv_heads 个头、每头 head_dim 维。

    >>> prefix_count(layers=2, kv_heads=3, head_dim=4, length=5)
    240
    """
    raise NotImplementedError


def unpack_prefix(flat: Tensor, layers: int, kv_heads: int, batch: int) -> Tensor:
    """补全：peft 存的前缀 (P, L·2·H·D) -> 缓存要的 (L, 2, B, H, P, D)，B = batch，每一行都是同一份。

    flat 的一行是一个“词”：先第 0 层的键（H 个头依次，每头 D 个数），再第 0 层的值，再第 1 层的键 ……

    >>> import torch
    >>> flat = torch.arange(8).view(2, 4)  # 2 个词；1 层，1 个头，每头 2 维
    >>> unpack_prefix(flat, layers=1, kv_heads=1, batch=1)[0, 0, 0, 0].tolist()  # 第 0 层的键：每个词的前一半
    [[0, 1], [4, 5]]
    """
    raise NotImplementedError


def extend_inputs(mask: Tensor, positions: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """补全：前面多了 length 个前缀，返回新的 (掩码, 位置)。

    mask (B, T) 是 1（真的词）与 0（填充）-> (B, length + T)，类型不变；positions (B, T) 是 T 个真的词的位置，形状不变。

    >>> import torch
    >>> mask, positions = extend_inputs(torch.tensor([[1, 1, 0]]), torch.tensor([[0, 1, 2]]), length=2)
    >>> mask.tolist(), positions.tolist()
    ([[1, 1, 1, 1, 0]], [[2, 3, 4]])
    """
    raise NotImplementedError


def attend(q: Tensor, k: Tensor, v: Tensor, prefix_k: Tensor, prefix_v: Tensor) -> Tensor:
    """补全：带前缀的因果注意力。q、k、v 是 (B, H, T, D)，prefix_k、prefix_v 是 (B, H, P, D)，返回 (B, H, T, D)。

    第 t 个词看得见全部 P 个前缀，和第 0 到 t 个词；除以 √D。可以用 F.scaled_dot_product_attention。

    >>> import torch
    >>> q, one = torch.zeros(1, 1, 2, 1), torch.ones(1, 1, 1, 1)  # q 全零：看得见的都一样重
    >>> v = torch.tensor([[[[3.0], [6.0]]]])
    >>> attend(q, v, v, one, 9 * one).flatten().tolist()  # (9 + 3) / 2，(9 + 3 + 6) / 3
    [6.0, 6.0]
    """
    raise NotImplementedError
