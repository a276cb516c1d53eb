"""错：数的是命中。"""

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, zero_head  # noqa: F401

HINT = "要的是份额"


def span_mass(weights, rows, columns):
    best = weights.argmax(-1).tolist()
    return sum(best[row] in span for row, span in zip(rows, columns)) / len(rows)
