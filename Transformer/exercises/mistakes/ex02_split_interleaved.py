"""错：把 H 放在最里面，每隔 H 个通道取一个。"""

from Transformer.exercises.solutions.ex02_heads import join_heads, multi_head  # noqa: F401

HINT = "不是每隔 H 个取一个"


def split_heads(x, num_heads):
    B, T, C = x.shape
    if C % num_heads:
        raise ValueError(f"num_heads={num_heads} 不整除 {C}")
    return x.view(B, T, C // num_heads, num_heads).permute(0, 3, 1, 2)
