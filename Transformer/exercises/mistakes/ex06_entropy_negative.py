"""错：忘了负号。"""

import torch

from Transformer.exercises.solutions.ex06_reading import offset_score, rollout, span_mass, zero_head  # noqa: F401

HINT = "符号反了"


def entropy(weights):
    return torch.special.xlogy(weights, weights).sum(-1)
