"""错：原样返回。"""

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, cross_entropy  # noqa: F401

HINT = "原样返回了 loss"


def perplexity(loss):
    return loss
