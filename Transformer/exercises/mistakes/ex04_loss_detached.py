"""错：计算图断了。"""

import torch

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, shift  # noqa: F401

HINT = "计算图断了"


def smoothed_loss(logits, answer, smoothing):
    real = answer != 0
    log_probs = logits[real].log_softmax(dim=-1)
    right = log_probs.gather(1, answer[real][:, None]).squeeze(1)
    total = -((1 - smoothing) * right + smoothing * log_probs.mean(dim=-1)).mean()
    return torch.tensor(total.item())
