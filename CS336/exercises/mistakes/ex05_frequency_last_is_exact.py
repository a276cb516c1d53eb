"""错：分母是 D - 2。"""

import torch

from CS336.exercises.solutions.ex05_rope import halves_order, rope  # noqa: F401

HINT = "不是 D - 2"


def frequencies(head_dim, theta):
    return theta ** -(torch.arange(0, head_dim, 2) / max(head_dim - 2, 1))
