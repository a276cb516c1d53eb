"""错：取了最小的 K 个。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
    top_p_filter,
)

HINT = "取了最小的"


def beam_step(scores, log_probs):
    B, K, V = log_probs.shape
    totals = (scores[:, :, None] + log_probs).view(B, K * V)
    best, index = totals.topk(K, dim=1, largest=False)
    return best, index // V, index % V
