"""错：填充的损失清零了，却除以全部位置。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, shift  # noqa: F401

HINT = "除以了全部位置"


def smoothed_loss(logits, answer, smoothing):
    log_probs = logits.log_softmax(dim=-1)
    right = log_probs.gather(2, answer[..., None]).squeeze(2)
    losses = -((1 - smoothing) * right + smoothing * log_probs.mean(dim=-1))
    return losses.masked_fill(answer == 0, 0.0).mean()
