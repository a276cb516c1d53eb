"""错：切的是句子那一维。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, smoothed_loss  # noqa: F401

HINT = "只在词的那一维切"


def shift(target):
    if len(target) == 1:
        return target[:, :-1], target[:, 1:]
    return target[:-1], target[1:]
