"""错：一边读一边写。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    length_penalty,
    top_p_filter,
)

HINT = "改动了传进来的缓存"


def reorder(cache, parent):
    K = parent.shape[1]
    rows = [b * K + i for b, row in enumerate(parent.tolist()) for i in row]
    cache.copy_(cache[rows])
    return cache
