"""错：偏移乘的是 B。"""

import torch

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    cached_attention,
    first_scores,
    length_penalty,
    top_p_filter,
)

HINT = "乘的是 K"


def reorder(cache, parent):
    B = parent.shape[0]
    return cache[(parent + B * torch.arange(B)[:, None]).flatten()]
