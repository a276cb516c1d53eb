"""错：α = 0 被换成了默认值。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    reorder,
    top_p_filter,
)

HINT = "0 是有意义的值"


def length_penalty(log_prob, length, alpha):
    return log_prob / ((5 + length) / 6) ** (alpha or 0.6)
