"""错：负下标绕到了另一头。"""

from Transformer.exercises.solutions.ex06_reading import entropy, rollout, span_mass, zero_head  # noqa: F401

HINT = "绕到了另一头"


def offset_score(weights, offset):
    T = len(weights)
    return sum(weights[t, (t + offset) % T].item() for t in range(T)) / T
