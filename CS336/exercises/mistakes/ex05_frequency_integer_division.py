"""错：整数除法。"""

import torch

from CS336.exercises.solutions.ex05_rope import halves_order, rope  # noqa: F401

HINT = "整数除法 //"


def frequencies(head_dim, theta):
    return theta ** -(torch.arange(0, head_dim, 2) // head_dim).float()
