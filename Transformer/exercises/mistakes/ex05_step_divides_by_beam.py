"""错：除以 K。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
    top_p_filter,
)

HINT = "不是除以 K"


def beam_step(scores, log_probs):
    B, K, V = log_probs.shape
    totals = (scores[:, :, None] + log_probs).view(B, K * V)
    best, index = totals.topk(K, dim=1)
    return best, index // K, index % K
