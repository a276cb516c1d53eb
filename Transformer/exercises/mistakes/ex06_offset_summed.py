"""错：求了和。"""

from Transformer.exercises.solutions.ex06_reading import entropy, rollout, span_mass, zero_head  # noqa: F401

HINT = "要平均，不是求和"


def offset_score(weights, offset):
    return weights.diagonal(offset).sum().item()
