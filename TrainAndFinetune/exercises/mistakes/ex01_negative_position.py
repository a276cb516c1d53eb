"""错：填充的位置是负的。"""

import torch

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, cache_bytes, greedy, visible  # noqa: F401

HINT = "填充的位置是负的"


def positions(filled, count, padding):
    return torch.arange(filled, filled + count)[None] - padding[:, None]
