"""错：只用了最后一层。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, span_mass, zero_head  # noqa: F401

HINT = "只剩最后一层"


def rollout(layers):
    return 0.5 * (layers[-1].mean(0) + torch.eye(layers[-1].shape[-1]))
