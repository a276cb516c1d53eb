"""错：忘了 return。"""

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, perplexity  # noqa: F401

HINT = "忘了 return"


def cross_entropy(logits, targets):
    (logits.exp().sum(-1).log() - logits.gather(-1, targets[..., None])[..., 0]).mean()
