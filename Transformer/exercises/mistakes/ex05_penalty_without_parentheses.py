"""错：少了括号。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    reorder,
    top_p_filter,
)

HINT = "少了括号"


def length_penalty(log_prob, length, alpha):
    return log_prob / (5 + length) / 6**alpha
