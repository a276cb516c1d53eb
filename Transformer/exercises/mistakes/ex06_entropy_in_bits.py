"""错：用了 log2。"""

from Transformer.exercises.solutions.ex06_reading import offset_score, rollout, span_mass, zero_head  # noqa: F401

HINT = "单位是 bit"


def entropy(weights):
    return -(weights * weights.clamp_min(1e-38).log2()).sum(-1)
