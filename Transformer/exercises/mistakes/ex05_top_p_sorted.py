"""错：返回的是排好序的。"""

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
)

HINT = "返回的是排好序的"


def top_p_filter(probabilities, p):
    ordered, _ = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    kept = ordered.masked_fill(before >= p, 0.0)
    return kept / kept.sum(-1, keepdim=True)
