"""错：第一步的 cache 是 None，没有判断。"""

import torch
from torch.nn import functional as F

from Transformer.exercises.solutions.ex05_decoding import (  # noqa: F401
    beam_step,
    first_scores,
    length_penalty,
    reorder,
    top_p_filter,
)

HINT = "先判断 cache is None"


def cached_attention(q, k, v, cache):
    k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
    return F.scaled_dot_product_attention(q, k, v), (k, v)
