"""错：每行留的个数都与第一行相同。"""

import torch

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    length_penalty,
    reorder,
)

HINT = "每行自己数"


def top_p_filter(probabilities, p):
    ordered, index = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    count = int((before[0] < p).sum())
    kept = torch.zeros_like(probabilities).scatter(-1, index[:, :count], ordered[:, :count])
    return kept / kept.sum(-1, keepdim=True)
