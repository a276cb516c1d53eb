"""错：没有除以行数。"""

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, zero_head  # noqa: F401

HINT = "还要除以行数"


def span_mass(weights, rows, columns):
    return sum(weights[row, span].sum().item() for row, span in zip(rows, columns))
