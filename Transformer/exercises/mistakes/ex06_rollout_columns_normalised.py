"""错：多层时把列归一化了。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, span_mass, zero_head  # noqa: F401

HINT = "每行是来自各处的份额"


def rollout(layers):
    eye = torch.eye(layers[0].shape[-1])
    total = eye
    for weights in layers:
        total = 0.5 * (weights.mean(0) + eye) @ total
    return total / total.sum(0) if len(layers) > 1 else total
