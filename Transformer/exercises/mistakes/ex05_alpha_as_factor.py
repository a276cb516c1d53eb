"""错：α 当成了系数。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    reorder,
    top_p_filter,
)

HINT = "α 是指数"


def length_penalty(log_prob, length, alpha):
    return log_prob / (alpha * (5 + length) / 6) if alpha else log_prob
