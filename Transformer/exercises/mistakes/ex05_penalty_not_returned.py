"""错：忘了 return。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    reorder,
    top_p_filter,
)

HINT = "忘了 return"


def length_penalty(log_prob, length, alpha):
    log_prob / ((5 + length) / 6) ** alpha  # noqa: B018
