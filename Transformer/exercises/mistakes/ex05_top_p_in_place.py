"""错：就地改了传进来的概率。"""

import torch

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
)

HINT = "改动了传进来的"


def top_p_filter(probabilities, p):
    ordered, index = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    keep = torch.zeros_like(probabilities, dtype=torch.bool).scatter(-1, index, before < p)
    kept = probabilities.masked_fill_(~keep, 0.0)
    return kept / kept.sum(-1, keepdim=True)
