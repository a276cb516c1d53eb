"""错：指数是 -i/D。"""

import torch

from CS336.exercises.solutions.ex05_rope import halves_order, rope  # noqa: F401

HINT = "你用的是 -i/D"


def frequencies(head_dim, theta):
    return theta ** -(torch.arange(head_dim // 2) / head_dim)
