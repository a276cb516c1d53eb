"""错：没有因果掩码。"""

import torch
from torch.nn import functional as F

from TrainAndFinetune.exercises.solutions.ex03_prefix import extend_inputs, prefix_count, unpack_prefix  # noqa: F401

HINT = "看见了它后面的词"


def attend(q, k, v, prefix_k, prefix_v):
    return F.scaled_dot_product_attention(q, torch.cat([prefix_k, k], dim=2), torch.cat([prefix_v, v], dim=2))
