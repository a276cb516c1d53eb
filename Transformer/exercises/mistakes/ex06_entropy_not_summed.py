"""错：没有沿 key 求和。"""

import torch

from Transformer.exercises.solutions.ex06_reading import offset_score, rollout, span_mass, zero_head  # noqa: F401

HINT = "每行一个数"


def entropy(weights):
    return -torch.special.xlogy(weights, weights)
