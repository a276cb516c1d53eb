"""错：没有换回轴就 reshape。"""

from Transformer.exercises.solutions.ex02_heads import multi_head, split_heads  # noqa: F401

HINT = "同一个头的几个词拼在了一起"


def join_heads(x):
    B, H, T, D = x.shape
    return x.reshape(B, T, H * D)
