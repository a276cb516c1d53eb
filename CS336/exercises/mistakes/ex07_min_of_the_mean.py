"""错：界线是 ratio 乘平均。"""

from CS336.exercises.solutions.ex07_sampling import sample, top_k, top_p  # noqa: F401

HINT = "界线太低"


def min_p(probs, ratio):
    mask = probs >= ratio * probs.mean(-1, keepdim=True)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
