"""错：掩码里没有填充。"""

import torch

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, cache_bytes, greedy, positions  # noqa: F401

HINT = "前 padding[b] 格是填充"


def visible(filled, count, window, padding):
    rows, columns = torch.arange(filled, filled + count)[:, None], torch.arange(filled + count)[None]
    return ((columns <= rows) & (columns > rows - window)).expand(len(padding), count, filled + count)
