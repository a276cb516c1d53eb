"""错：预热的步数写死成 4。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, shift, smoothed_loss  # noqa: F401

HINT = "公式里写死了哪个数"


def noam(step, d_model, warmup):
    return d_model**-0.5 * min(step**-0.5, step * 4**-1.5)
