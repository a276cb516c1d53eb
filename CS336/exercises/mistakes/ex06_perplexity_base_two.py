"""错：底是 2。"""

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, cross_entropy  # noqa: F401

HINT = "底是 e，不是 2"


def perplexity(loss):
    return 2**loss
