"""错：乘了 2π。"""

import math

import torch

from CS336.exercises.solutions.ex05_rope import halves_order, rope  # noqa: F401

HINT = "乘了 2π"


def frequencies(head_dim, theta):
    return 2 * math.pi * theta ** -(torch.arange(0, head_dim, 2) / head_dim)
