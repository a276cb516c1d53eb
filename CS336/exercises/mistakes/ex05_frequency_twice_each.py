"""错：返回了 D 个。"""

import torch

from CS336.exercises.solutions.ex05_rope import halves_order, rope  # noqa: F401

HINT = "D/2 个，不是 D 个"


def frequencies(head_dim, theta):
    return (theta ** -(torch.arange(0, head_dim, 2) / head_dim)).repeat_interleave(2)
