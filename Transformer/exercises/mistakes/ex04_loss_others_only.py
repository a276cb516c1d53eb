"""错：ε 只分给另外 V-1 个词。"""

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, shift  # noqa: F401

HINT = "ε 分给了另外 V-1 个词"


def smoothed_loss(logits, answer, smoothing):
    real = answer != 0
    log_probs = logits[real].log_softmax(dim=-1)
    right = log_probs.gather(1, answer[real][:, None]).squeeze(1)
    V = logits.shape[-1]
    others = (log_probs.sum(dim=-1) - right) / (V - 1)
    return -((1 - smoothing) * right + smoothing * others).mean()
