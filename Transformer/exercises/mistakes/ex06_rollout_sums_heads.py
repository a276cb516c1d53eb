"""错：头相加，再归一化前就用了。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, span_mass, zero_head  # noqa: F401

HINT = "头是平均，不是相加"


def rollout(layers):
    eye = torch.eye(layers[0].shape[-1])
    total = eye
    for weights in layers:
        total = 0.5 * (weights.sum(0) + eye) @ total
    return total
