"""错：算完没有 return。"""

import torch

from Transformer.exercises.solutions.ex06_reading import offset_score, rollout, span_mass, zero_head  # noqa: F401

HINT = "忘了 return"


def entropy(weights):
    -torch.special.xlogy(weights, weights).sum(-1)  # noqa: B018
