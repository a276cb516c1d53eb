"""错：指数是 -4i/D。"""

import torch

from CS336.exercises.solutions.ex05_rope import halves_order, rope  # noqa: F401

HINT = "2 乘了两次"


def frequencies(head_dim, theta):
    return theta ** -(2 * torch.arange(0, head_dim, 2) / head_dim)
