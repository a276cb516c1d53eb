"""错：写死成 8 个。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, rope  # noqa: F401

HINT = "0 到 1 应当各出现一次"


def halves_order(head_dim):
    return torch.tensor([0, 2, 4, 6, 1, 3, 5, 7])
