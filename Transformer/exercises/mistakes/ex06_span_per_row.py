"""错：每行一个数，没有平均。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, zero_head  # noqa: F401

HINT = "要返回一个数"


def span_mass(weights, rows, columns):
    return torch.stack([weights[row, span].sum() for row, span in zip(rows, columns)])
