"""错：又取了对数。"""

import math

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, cross_entropy  # noqa: F401

HINT = "损失已经是对数"


def perplexity(loss):
    return math.log(loss) if loss > 0 else 0.0
