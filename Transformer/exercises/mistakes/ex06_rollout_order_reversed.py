"""错：后一层乘在了右边。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, span_mass, zero_head  # noqa: F401

HINT = "后一层在左边"


def rollout(layers):
    eye = torch.eye(layers[0].shape[-1])
    total = eye
    for weights in layers:
        total = total @ (0.5 * (weights.mean(0) + eye))
    return total
