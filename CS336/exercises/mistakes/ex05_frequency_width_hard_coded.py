"""错：D 写死成 8。"""

import torch

from CS336.exercises.solutions.ex05_rope import halves_order, rope  # noqa: F401

HINT = "公式里写死了哪个数"


def frequencies(head_dim, theta):
    return theta ** -(torch.arange(0, head_dim, 2) / 8)
