"""错：返回全部的格，没有写过的也在里面。"""

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache as Right
from TrainAndFinetune.exercises.solutions.ex01_kv_cache import cache_bytes, greedy, positions, visible  # noqa: F401

HINT = "只返回写过的格"


class Cache(Right):
    def append(self, key, value):
        super().append(key, value)
        return self.keys, self.values
