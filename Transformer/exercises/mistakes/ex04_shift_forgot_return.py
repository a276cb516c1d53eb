"""错：忘了 return。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, smoothed_loss  # noqa: F401

HINT = "忘了 return"


def shift(target):
    (target[:, :-1], target[:, 1:])
