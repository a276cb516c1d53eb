"""错：取了 log2(loss)。"""

import math

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, cross_entropy, perplexity  # noqa: F401

HINT = "用 log2(loss) 换不了单位"


def bits_per_byte(loss, num_tokens, num_bytes):
    return math.log2(loss) * num_tokens / num_bytes
