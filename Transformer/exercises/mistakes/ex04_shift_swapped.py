"""错：两个放反了。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, smoothed_loss  # noqa: F401

HINT = "两个放反了"


def shift(target):
    return target[:, 1:], target[:, :-1]
