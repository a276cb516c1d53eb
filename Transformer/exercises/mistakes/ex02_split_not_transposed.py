"""错：切开了，没有把头换到词的前面。"""

from Transformer.exercises.solutions.ex02_heads import join_heads, multi_head  # noqa: F401

HINT = "少了最后一步：transpose(1, 2)"


def split_heads(x, num_heads):
    B, T, C = x.shape
    if C % num_heads:
        raise ValueError(f"num_heads={num_heads} 不整除 {C}")
    return x.view(B, T, num_heads, C // num_heads)
