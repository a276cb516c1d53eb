"""错：少了 C 的那一项。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, shift, smoothed_loss  # noqa: F401

HINT = "少了 C^(-1/2)"


def noam(step, d_model, warmup):
    return min(step**-0.5, step * warmup**-1.5)
