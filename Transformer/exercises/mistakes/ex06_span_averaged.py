"""错：段里的权重取了平均。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, zero_head  # noqa: F401

HINT = "段长了不该吃亏"


def span_mass(weights, rows, columns):
    return torch.stack([weights[row, span].mean() for row, span in zip(rows, columns)]).mean().item()
