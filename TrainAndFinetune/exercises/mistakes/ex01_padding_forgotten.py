"""错：位置没有减去左边的填充。"""

import torch

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, cache_bytes, greedy, visible  # noqa: F401

HINT = "没有减去左边的填充"


def positions(filled, count, padding):
    return torch.arange(filled, filled + count).expand(len(padding), count)
