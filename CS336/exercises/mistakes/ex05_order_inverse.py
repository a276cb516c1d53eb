"""错：反方向的次序。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, rope  # noqa: F401

HINT = "这是反方向"


def halves_order(head_dim):
    return torch.arange(head_dim).view(2, -1).T.flatten()
