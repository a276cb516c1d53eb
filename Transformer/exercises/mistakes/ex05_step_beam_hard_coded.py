"""错：K 写死成 2。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
    top_p_filter,
)

HINT = "应当是 (B, K)"


def beam_step(scores, log_probs):
    B, K, V = log_probs.shape
    totals = (scores[:, :, None] + log_probs).view(B, K * V)
    best, index = totals.topk(2, dim=1)
    return best, index // V, index % V
