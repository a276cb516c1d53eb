"""错：各层取了平均。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, span_mass, zero_head  # noqa: F401

HINT = "是乘，不是平均"


def rollout(layers):
    eye = torch.eye(layers[0].shape[-1])
    return torch.stack([0.5 * (weights.mean(0) + eye) for weights in layers]).mean(0)
