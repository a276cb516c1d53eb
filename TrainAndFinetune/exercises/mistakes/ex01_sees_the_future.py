"""错：一次喂几个时，前面的看见了后面的。"""

import torch

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, cache_bytes, greedy, positions  # noqa: F401

HINT = "不能看更晚的"


def visible(filled, count, window, padding):
    columns = torch.arange(filled + count)
    return (columns >= padding[:, None, None]).expand(len(padding), count, filled + count)
