"""错：所有的段合在一起用。"""

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, zero_head  # noqa: F401

HINT = "每一步只算自己的那一段"


def span_mass(weights, rows, columns):
    union = sorted(set(sum(columns, [])))
    return weights[rows][:, union].sum(-1).mean().item()
