"""错：最大值取了全部的。"""

from CS336.exercises.solutions.ex07_sampling import sample, top_k, top_p  # noqa: F401

HINT = "每行用自己的最大值"


def min_p(probs, ratio):
    mask = probs >= ratio * probs.max()
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
