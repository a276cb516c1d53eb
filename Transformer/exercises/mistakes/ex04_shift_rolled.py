"""错：把喂进去的转一圈当答案，开头的 BOS 转到了末尾。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, smoothed_loss  # noqa: F401

HINT = "roll 会把开头的词转到末尾"


def shift(target):
    given = target[:, :-1]
    return given, given.roll(-1, dims=1)
