"""错：位置没有加 P。"""

import torch

from TrainAndFinetune.exercises.solutions.ex03_prefix import attend, prefix_count, unpack_prefix  # noqa: F401

HINT = "真的词从 length 数起"


def extend_inputs(mask, positions, length):
    return torch.cat([mask.new_ones(mask.shape[0], length), mask], dim=1), positions
