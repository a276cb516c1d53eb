"""错：界线是 ratio 自己。"""

from CS336.exercises.solutions.ex07_sampling import sample, top_k, top_p  # noqa: F401

HINT = "一个都没有留"


def min_p(probs, ratio):
    mask = probs >= ratio
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
