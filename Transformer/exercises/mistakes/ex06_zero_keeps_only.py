"""错：只留下了那一个头。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, span_mass  # noqa: F401

HINT = "反了：清掉的是这一个头"


def zero_head(x, num_heads, head):
    D = x.shape[-1] // num_heads
    out = torch.zeros_like(x)
    out[..., head * D : (head + 1) * D] = x[..., head * D : (head + 1) * D]
    return out
