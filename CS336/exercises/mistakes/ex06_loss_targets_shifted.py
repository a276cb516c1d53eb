"""错：答案又错开了一位。"""

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, perplexity  # noqa: F401

HINT = "别再移"


def cross_entropy(logits, targets):
    if targets.dim():
        targets = targets.roll(-1, dims=-1)
    shifted = logits - logits.amax(-1, keepdim=True)
    chosen = shifted.gather(-1, targets[..., None])[..., 0]
    return (shifted.exp().sum(-1).log() - chosen).mean()
