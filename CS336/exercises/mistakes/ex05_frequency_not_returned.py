"""错：忘了 return。"""

import torch

from CS336.exercises.solutions.ex05_rope import halves_order, rope  # noqa: F401

HINT = "忘了 return"


def frequencies(head_dim, theta):
    theta ** -(torch.arange(0, head_dim, 2) / head_dim)
