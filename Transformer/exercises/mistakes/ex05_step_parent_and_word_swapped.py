"""错：商与余数反了。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
    top_p_filter,
)

HINT = "parent 与 word 反了"


def beam_step(scores, log_probs):
    B, K, V = log_probs.shape
    totals = (scores[:, :, None] + log_probs).view(B, K * V)
    best, index = totals.topk(K, dim=1)
    return best, index % V, index // V
