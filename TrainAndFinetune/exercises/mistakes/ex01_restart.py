"""错：每次都从 0 数位置。"""

import torch

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, cache_bytes, greedy, visible  # noqa: F401

HINT = "每次都从 0 数"


def positions(filled, count, padding):
    if filled:
        return torch.arange(count).expand(len(padding), count)
    return (torch.arange(count)[None] - padding[:, None]).clamp(min=0)
