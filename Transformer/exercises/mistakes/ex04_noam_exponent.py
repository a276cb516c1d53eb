"""错：w 的指数写成 -1/2，预热那一段升得太快。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, shift, smoothed_loss  # noqa: F401

HINT = "第 w 步两项要相等"


def noam(step, d_model, warmup):
    return d_model**-0.5 * min(step**-0.5, step * warmup**-0.5)
