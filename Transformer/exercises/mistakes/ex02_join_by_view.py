"""错：换过轴的张量直接 view。"""

from Transformer.exercises.solutions.ex02_heads import multi_head, split_heads  # noqa: F401

HINT = "换过轴的张量不连续"


def join_heads(x):
    B, H, T, D = x.shape
    return x.transpose(1, 2).view(B, T, H * D)
