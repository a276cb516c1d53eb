"""错：没有判断能不能整除。"""

from Transformer.exercises.solutions.ex02_heads import join_heads, multi_head  # noqa: F401

HINT = "先判断 C % num_heads"


def split_heads(x, num_heads):
    B, T, C = x.shape
    return x.view(B, T, num_heads, C // num_heads).transpose(1, 2)
