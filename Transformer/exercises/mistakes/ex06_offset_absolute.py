"""错：偏移取了绝对值的相反数，只会往前看。"""

from Transformer.exercises.solutions.ex06_reading import entropy, rollout, span_mass, zero_head  # noqa: F401

HINT = "正的偏移看后面"


def offset_score(weights, offset):
    return weights.diagonal(-abs(offset)).mean().item()
