"""错：让合计够到 p 的那个被丢了。"""

import torch

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
)

HINT = "让合计够到 p 的那个也要留"


def top_p_filter(probabilities, p):
    ordered, index = probabilities.sort(dim=-1, descending=True)
    keep = torch.zeros_like(probabilities, dtype=torch.bool).scatter(-1, index, ordered.cumsum(-1) <= p)
    kept = probabilities.masked_fill(~keep, 0.0)
    return kept / kept.sum(-1, keepdim=True)
