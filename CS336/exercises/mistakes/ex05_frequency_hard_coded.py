"""错：theta 写死了。"""

import torch

from CS336.exercises.solutions.ex05_rope import halves_order, rope  # noqa: F401

HINT = "写死成 10000"


def frequencies(head_dim, theta):
    return 10000.0 ** -(torch.arange(0, head_dim, 2) / head_dim)
