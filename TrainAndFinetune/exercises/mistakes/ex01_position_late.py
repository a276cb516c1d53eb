"""错：先加了长度再算位置，新词元的位置多了 1。"""

import torch

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, cache_bytes, greedy, visible  # noqa: F401

HINT = "多了 1"


def positions(filled, count, padding):
    late = 1 if filled else 0
    return (torch.arange(filled, filled + count)[None] + late - padding[:, None]).clamp(min=0)
