"""错：逐元素相乘。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, span_mass, zero_head  # noqa: F401

HINT = "矩阵乘法 @"


def rollout(layers):
    total = torch.ones_like(layers[0][0])
    for weights in layers:
        total = total * 0.5 * (weights.mean(0) + torch.eye(len(total)))
    return total
