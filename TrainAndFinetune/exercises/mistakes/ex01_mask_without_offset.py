"""错：把新喂的第 t 个当作第 t 格，忘了前面还有 filled 格。"""

import torch

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, cache_bytes, greedy, positions  # noqa: F401

HINT = "在第 filled + t 格"


def visible(filled, count, window, padding):
    rows, columns = torch.arange(count)[:, None], torch.arange(filled + count)[None]
    seen = (columns <= rows) & (columns > rows - window)
    return seen & (columns >= padding[:, None, None]) | (columns == rows)
