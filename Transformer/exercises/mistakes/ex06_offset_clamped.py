"""错：出界的算成了边上那一列。"""

from Transformer.exercises.solutions.ex06_reading import entropy, rollout, span_mass, zero_head  # noqa: F401

HINT = "算成了它自己"


def offset_score(weights, offset):
    T = len(weights)
    return sum(weights[t, min(max(t + offset, 0), T - 1)].item() for t in range(T)) / T
