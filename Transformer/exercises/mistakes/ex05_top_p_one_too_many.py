"""错：够了之后又多留一个。"""

import torch

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
)

HINT = "多留了一个"


def top_p_filter(probabilities, p):
    ordered, index = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    keep = torch.zeros_like(probabilities, dtype=torch.bool).scatter(-1, index, before < p + ordered)
    kept = probabilities.masked_fill(~keep, 0.0)
    return kept / kept.sum(-1, keepdim=True)
