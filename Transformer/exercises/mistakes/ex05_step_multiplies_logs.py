"""错：对数概率相乘。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
    top_p_filter,
)

HINT = "对数概率相加"


def beam_step(scores, log_probs):
    B, K, V = log_probs.shape
    best, index = (scores[:, :, None] * log_probs).view(B, K * V).topk(K, dim=1)
    return best, index // V, index % V
