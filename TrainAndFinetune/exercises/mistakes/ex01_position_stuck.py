"""错：新词元的位置停在提示的末尾。"""

import torch

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, cache_bytes, greedy, visible  # noqa: F401

HINT = "位置停住了"


def positions(filled, count, padding):
    if filled:
        return (filled - padding[:, None]).clamp(min=0).expand(len(padding), count)
    return (torch.arange(count)[None] - padding[:, None]).clamp(min=0)
