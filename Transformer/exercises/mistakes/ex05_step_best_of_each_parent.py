"""错：每条各取最好的一个接法。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
    top_p_filter,
)

HINT = "两条可以来自同一条"


def beam_step(scores, log_probs):
    best, word = (scores[:, :, None] + log_probs).max(dim=2)  # (B, K, V) -> (B, K)
    best, parent = best.sort(dim=1, descending=True)
    return best, parent, word.gather(1, parent)
