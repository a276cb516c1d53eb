"""错：min 写成了 max。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, shift, smoothed_loss  # noqa: F401

HINT = "min 写成了 max"


def noam(step, d_model, warmup):
    return d_model**-0.5 * max(step**-0.5, step * warmup**-1.5)
