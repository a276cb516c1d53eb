"""错：摊平成了 V 在外、K 在里，却照 K 在外来拆。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
    top_p_filter,
)

HINT = "K 在外、V 在里"


def beam_step(scores, log_probs):
    B, K, V = log_probs.shape
    totals = (scores[:, :, None] + log_probs).transpose(1, 2).reshape(B, K * V)
    best, index = totals.topk(K, dim=1)
    return best, index // V, index % V
