"""错：乘了 ln 2。"""

import math

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, cross_entropy, perplexity  # noqa: F401

HINT = "乘了 ln 2"


def bits_per_byte(loss, num_tokens, num_bytes):
    return loss * math.log(2) * num_tokens / num_bytes
