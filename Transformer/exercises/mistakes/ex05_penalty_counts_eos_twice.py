"""错：length 已经含 EOS，又加了 1。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    reorder,
    top_p_filter,
)

HINT = "别再加 1"


def length_penalty(log_prob, length, alpha):
    return log_prob / ((5 + length + 1) / 6) ** alpha
