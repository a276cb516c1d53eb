"""错：放回原位用了 gather。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
)

HINT = "gather 是反方向"


def top_p_filter(probabilities, p):
    ordered, index = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    kept = probabilities.masked_fill((before >= p).gather(-1, index), 0.0)
    return kept / kept.sum(-1, keepdim=True)
