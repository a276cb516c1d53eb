"""错：只除以了句数。"""

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, perplexity  # noqa: F401

HINT = "只除以了句数"


def cross_entropy(logits, targets):
    shifted = logits - logits.amax(-1, keepdim=True)
    each = shifted.exp().sum(-1).log() - shifted.gather(-1, targets[..., None])[..., 0]
    return each.sum() / (len(each) if each.dim() else 1)
