"""ex02 多头：把通道切成几段，每段做一次注意力，再拼回来。

级别：补全。先读：`1_attention.md`。
检查：`pytest Transformer/exercises/check_ex02.py`
"""

# ruff: noqa: F401  做题时用得到的导入
import torch
from torch import Tensor
from torch.nn import functional as F


def split_heads(x: Tensor, num_heads: int) -> Tensor:
    """补全：x (B, T, C) -> (B, H, T, D)，D = C/H。第 h 个头拿到每个词的第 h·D 到 (h+1)·D 个通道。

    H 不整除 C 时抛 ValueError，说出两个数。

    >>> import torch
    >>> x = torch.tensor([[[1, 2, 3, 4], [5, 6, 7, 8]]])  # 2 个词，4 个通道
    >>> split_heads(x, num_heads=2).tolist()
    [[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]]
    """
    raise NotImplementedError


def join_heads(x: Tensor) -> Tensor:
    """补全：`split_heads` 的逆，(B, H, T, D) -> (B, T, C)，C = H·D。

    >>> import torch
    >>> join_heads(torch.tensor([[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]])).tolist()
    [[[1, 2, 3, 4], [5, 6, 7, 8]]]
    """
    raise NotImplementedError


def multi_head(
    x: Tensor,
    memory: Tensor,
    w_query: Tensor,
    w_key: Tensor,
    w_value: Tensor,
    w_output: Tensor,
    num_heads: int,
    mask: Tensor | None = None,
) -> Tensor:
    """补全：多头注意力，没有偏置。注意力用 F.scaled_dot_product_attention；用上一题自己的也行，记得它返回一对，取 [0]。

    x (B, T, C) 出 query；memory (B, S, C) 出 key 与 value；自注意力时两者是同一个。
    四个权重都是 (C, C)，与 nn.Linear 的 weight 一样：y = x @ w.T，也就是 F.linear(x, w)。
    mask 能广播到 (B, H, T, S)，True 是能看。返回 (B, T, C)。

    只有一个词时权重只能是 1，输出就是 value：

    >>> import torch
    >>> x, eye = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]]), torch.eye(4)
    >>> multi_head(x, x, eye, eye, eye, 10 * eye, num_heads=2)
    tensor([[[10., 20., 30., 40.]]])
    """
    raise NotImplementedError
