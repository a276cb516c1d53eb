"""错：行号用了 i。"""

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, zero_head  # noqa: F401

HINT = "行号是 rows[i]，不是 i"


def span_mass(weights, rows, columns):
    return sum(weights[i, span].sum().item() for i, span in enumerate(columns)) / len(rows)
