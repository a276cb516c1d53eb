"""错：行号没有加 b·K。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    length_penalty,
    top_p_filter,
)

HINT = "第二句拿了第一句的历史"


def reorder(cache, parent):
    return cache[parent.flatten()]
