"""错：减了全部里最大的。"""

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, perplexity  # noqa: F401

HINT = "减的是全部里最大的"


def cross_entropy(logits, targets):
    shifted = logits - logits.max()
    return (shifted.exp().sum(-1).log() - shifted.gather(-1, targets[..., None])[..., 0]).mean()
