"""错：没有对头取平均。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, span_mass, zero_head  # noqa: F401

HINT = "先对头取平均"


def rollout(layers):
    total = torch.eye(layers[0].shape[-1])
    for weights in layers:
        total = 0.5 * (weights + torch.eye(weights.shape[-1])) @ total
    return total
