"""错：把 (B, T, V) 直接喂给 F.cross_entropy。"""

from torch.nn import functional as F

from Transformer.exercises.solutions.ex04_training import batches_by_tokens, noam, shift  # noqa: F401

HINT = "先用 answer != 0 选出真词"


def smoothed_loss(logits, answer, smoothing):
    return F.cross_entropy(logits, answer, ignore_index=0, label_smoothing=smoothing)
