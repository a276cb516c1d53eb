"""错：给权重加了 1e-6 再取对数。"""

from Transformer.exercises.solutions.ex06_reading import offset_score, rollout, span_mass, zero_head  # noqa: F401

HINT = "别给权重加一个小数"


def entropy(weights):
    return -(weights * (weights + 1e-6).log()).sum(-1)
