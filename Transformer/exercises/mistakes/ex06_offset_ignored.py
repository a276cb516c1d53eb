"""错：没有用 offset。"""

from Transformer.exercises.solutions.ex06_reading import entropy, rollout, span_mass, zero_head  # noqa: F401

HINT = "没有用 offset"


def offset_score(weights, offset):
    return weights.diagonal().mean().item()
