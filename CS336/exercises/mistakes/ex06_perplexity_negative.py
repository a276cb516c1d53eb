"""错：符号反了。"""

import math

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, cross_entropy  # noqa: F401

HINT = "符号反了"


def perplexity(loss):
    return math.exp(-loss)
