"""错：两半整块对调。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, rope  # noqa: F401

HINT = "两半整块对调了"


def halves_order(head_dim):
    return torch.arange(head_dim).roll(head_dim // 2)
