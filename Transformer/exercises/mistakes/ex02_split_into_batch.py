"""错：头并进了批。"""

from Transformer.exercises.solutions.ex02_heads import join_heads, multi_head  # noqa: F401

HINT = "头是单独的一维，排在批后面"


def split_heads(x, num_heads):
    B, T, C = x.shape
    if C % num_heads:
        raise ValueError(f"num_heads={num_heads} 不整除 {C}")
    return x.view(B, T, num_heads, C // num_heads).transpose(1, 2).flatten(0, 1)
