"""错：偏移的方向反了。"""

from Transformer.exercises.solutions.ex06_reading import entropy, rollout, span_mass, zero_head  # noqa: F401

HINT = "偏移反了"


def offset_score(weights, offset):
    return weights.diagonal(-offset).mean().item()
