"""错：窗口没有把自己算在内，多看了一格。"""

import torch

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, cache_bytes, greedy, positions  # noqa: F401

HINT = "自己算一格"


def visible(filled, count, window, padding):
    rows, columns = torch.arange(filled, filled + count)[:, None], torch.arange(filled + count)[None]
    seen = (columns <= rows) & (columns >= rows - window)
    return seen & (columns >= padding[:, None, None]) | (columns == rows)
