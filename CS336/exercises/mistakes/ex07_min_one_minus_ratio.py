"""错：界线是 (1 - ratio) · 最大的。"""

from CS336.exercises.solutions.ex07_sampling import sample, top_k, top_p  # noqa: F401

HINT = "也不是 (1 - ratio)"


def min_p(probs, ratio):
    mask = probs >= (1 - ratio) * probs.amax(-1, keepdim=True)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
