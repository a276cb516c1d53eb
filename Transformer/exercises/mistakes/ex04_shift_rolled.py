"""错：用 roll 错开：开头的词转到了末尾。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, smoothed_loss  # noqa: F401

HINT = "roll 会把开头的词转到末尾"


def shift(target):
    given = target[:, :-1]
    answer = target.roll(-1, dims=1)[:, :-1].clone()
    answer[1:, -1] = target[1:, 0]  # roll 整张表时，末尾来自开头
    return given, answer
