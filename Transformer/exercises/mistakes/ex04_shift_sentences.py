"""错：切的是第 0 维。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, smoothed_loss  # noqa: F401

HINT = "第 0 维是句子"


def shift(target):
    return target[:-1], target[1:]
