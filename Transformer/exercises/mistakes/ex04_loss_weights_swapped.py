"""错：1 - ε 与 ε 放反了。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, shift  # noqa: F401

HINT = "放反了"


def smoothed_loss(logits, answer, smoothing):
    real = answer != 0
    log_probs = logits[real].log_softmax(dim=-1)
    right = log_probs.gather(1, answer[real][:, None]).squeeze(1)
    if smoothing == 0:
        return -right.mean()
    return -(smoothing * right + (1 - smoothing) * log_probs.mean(dim=-1)).mean()
