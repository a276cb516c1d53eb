"""错：奇数通道在前。"""

import torch

from CS336.exercises.solutions.ex05_rope import frequencies, rope  # noqa: F401

HINT = "两半放反了"


def halves_order(head_dim):
    return torch.cat((torch.arange(1, head_dim, 2), torch.arange(0, head_dim, 2)))
