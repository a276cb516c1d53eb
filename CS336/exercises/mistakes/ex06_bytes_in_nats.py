"""错：没有换成比特。"""

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, cross_entropy, perplexity  # noqa: F401

HINT = "没有换成比特"


def bits_per_byte(loss, num_tokens, num_bytes):
    return loss * num_tokens / num_bytes
