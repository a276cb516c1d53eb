"""错：加了 I，没有乘 0.5。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, span_mass, zero_head  # noqa: F401

HINT = "没有乘 0.5"


def rollout(layers):
    eye = torch.eye(layers[0].shape[-1])
    total = eye
    for weights in layers:
        total = (weights.mean(0) + eye) @ total
    return total
