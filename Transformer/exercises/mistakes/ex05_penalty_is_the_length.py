"""错：直接除以长度。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    reorder,
    top_p_filter,
)

HINT = "直接除以长度"


def length_penalty(log_prob, length, alpha):
    return log_prob / length**alpha
