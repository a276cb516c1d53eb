"""错：乘上长度惩罚，长句更吃亏。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    reorder,
    top_p_filter,
)

HINT = "乘上去了"


def length_penalty(log_prob, length, alpha):
    return log_prob * ((5 + length) / 6) ** alpha
