"""错：除以了 T。"""

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, zero_head  # noqa: F401

HINT = "没有答案的行不算"


def span_mass(weights, rows, columns):
    return sum(weights[row, span].sum().item() for row, span in zip(rows, columns)) / len(weights)
