"""错：除以了全部的合计。"""

from CS336.exercises.solutions.ex07_sampling import sample, top_k, top_p  # noqa: F401

HINT = "每行除以自己的合计"


def min_p(probs, ratio):
    mask = probs >= ratio * probs.amax(-1, keepdim=True)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum()
