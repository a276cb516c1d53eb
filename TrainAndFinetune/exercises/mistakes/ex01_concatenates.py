"""错：每次用 torch.cat 接长，分配好的格子没有用。"""

import torch

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import cache_bytes, greedy, positions, visible  # noqa: F401

HINT = "不要 torch.cat"


class Cache:
    def __init__(self, keys, values):
        self.keys, self.values, self.filled = keys, values, 0

    def append(self, key, value):
        self.keys = torch.cat([self.keys[:, :, : self.filled], key], dim=2)
        self.values = torch.cat([self.values[:, :, : self.filled], value], dim=2)
        self.filled = self.keys.shape[2]
        return self.keys, self.values

    def rewind(self, count):
        self.filled -= count
