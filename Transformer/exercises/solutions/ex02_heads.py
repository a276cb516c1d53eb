"""ex02 的答案。"""

from torch import Tensor
from torch.nn import functional as F


def split_heads(x: Tensor, num_heads: int) -> Tensor:
    B, T, C = x.shape
    if C % num_heads:
        raise ValueError(f"num_heads={num_heads} 必须整除 C={C}：每个头分到 C/num_heads 维")
    return x.view(B, T, num_heads, C // num_heads).transpose(1, 2)  # (B, T, C) -> (B, T, H, D) -> (B, H, T, D)


def join_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)  # (B, H, T, D) -> (B, T, H, D) -> (B, T, C)


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
    q = split_heads(F.linear(x, w_query), num_heads)  # (B, T, C) -> (B, H, T, D)
    k = split_heads(F.linear(memory, w_key), num_heads)  # (B, S, C) -> (B, H, S, D)
    v = split_heads(F.linear(memory, w_value), num_heads)
    out = F.scaled_dot_product_attention(q, k, v, mask)
    return F.linear(join_heads(out), w_output)  # (B, H, T, D) -> (B, T, C)
