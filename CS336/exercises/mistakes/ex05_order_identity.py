"""错：没有重排。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, rope  # noqa: F401

HINT = "没有重排"


def halves_order(head_dim):
    return torch.arange(head_dim)
