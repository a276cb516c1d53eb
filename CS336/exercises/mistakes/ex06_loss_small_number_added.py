"""错：加 1e-9 再取对数。"""

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, perplexity  # noqa: F401

HINT = "损失被它封顶"


def cross_entropy(logits, targets):
    return -(logits.softmax(-1).gather(-1, targets[..., None]) + 1e-9).log().mean()
