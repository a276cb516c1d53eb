"""错：行号减了 1。"""

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, zero_head  # noqa: F401

HINT = "错了一行"


def span_mass(weights, rows, columns):
    return sum(weights[row - 1, span].sum().item() for row, span in zip(rows, columns)) / len(rows)
