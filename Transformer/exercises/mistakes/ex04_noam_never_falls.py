"""错：预热之后不降。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, shift, smoothed_loss  # noqa: F401

HINT = "预热之后应当下降"


def noam(step, d_model, warmup):
    return d_model**-0.5 * step * warmup**-1.5
