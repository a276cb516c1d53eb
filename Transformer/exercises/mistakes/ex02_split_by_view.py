"""错：直接 view 成最后的形状。"""

from Transformer.exercises.solutions.ex02_heads import join_heads, multi_head  # noqa: F401

HINT = "只换形状不换次序"


def split_heads(x, num_heads):
    B, T, C = x.shape
    if C % num_heads:
        raise ValueError(f"num_heads={num_heads} 不整除 {C}")
    return x.view(B, num_heads, T, C // num_heads)
