"""错：忘了键与值各一份。"""

from TrainAndFinetune.exercises.solutions.ex01_kv_cache import Cache, greedy, positions, visible  # noqa: F401

HINT = "键与值各一份"


def cache_bytes(layers, kv_heads, head_dim, tokens, itemsize):
    return layers * kv_heads * head_dim * tokens * itemsize
