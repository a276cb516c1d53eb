"""错：scores 没有变成 (B, K, 1)。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
    top_p_filter,
)

HINT = "先变成 (B, K, 1)"


def beam_step(scores, log_probs):
    B, K, V = log_probs.shape
    totals = (scores + log_probs).view(B, K * V)
    best, index = totals.topk(K, dim=1)
    return best, index // V, index % V
