"""错：归一化时除以 p。"""

import torch

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
)

HINT = "不是 p"


def top_p_filter(probabilities, p):
    ordered, index = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    keep = torch.zeros_like(probabilities, dtype=torch.bool).scatter(-1, index, before < p)
    return probabilities.masked_fill(~keep, 0.0) / p
