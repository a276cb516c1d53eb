"""错：指数是正的。"""

import torch

from CS336.exercises.solutions.ex05_rope import halves_order, rope  # noqa: F401

HINT = "指数的符号反了"


def frequencies(head_dim, theta):
    return theta ** (torch.arange(0, head_dim, 2) / head_dim)
