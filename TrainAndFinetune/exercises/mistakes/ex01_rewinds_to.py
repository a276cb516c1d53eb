"""错：rewind 的 count 当成了留下几格。"""

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache as Right
from TrainAndFinetune.exercises.solutions.ex01_kv_cache import cache_bytes, greedy, positions, visible  # noqa: F401

HINT = "不是留下几格"


class Cache(Right):
    def rewind(self, count):
        self.filled = count
