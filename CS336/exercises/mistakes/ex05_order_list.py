"""错：返回的是列表。"""

from CS336.exercises.solutions.ex05_rope import frequencies, rope  # noqa: F401

HINT = "应当是 Tensor"


def halves_order(head_dim):
    return [*range(0, head_dim, 2), *range(1, head_dim, 2)]
