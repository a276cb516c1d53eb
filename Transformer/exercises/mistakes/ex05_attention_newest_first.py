"""错：新词接在前面。"""

import torch
from torch.nn import functional as F

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    first_scores,
    length_penalty,
    reorder,
    top_p_filter,
)

HINT = "次序反了"


def cached_attention(q, k, v, cache):
    if cache is not None:
        k, v = torch.cat([k, cache[0]], dim=2), torch.cat([v, cache[1]], dim=2)
    return F.scaled_dot_product_attention(q, k, v), (k, v)
