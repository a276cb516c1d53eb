"""错：没有残差连接。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, span_mass, zero_head  # noqa: F401

HINT = "忘了残差连接"


def rollout(layers):
    total = torch.eye(layers[0].shape[-1])
    for weights in layers:
        total = weights.mean(0) @ total
    return total
