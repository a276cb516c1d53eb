"""错：没有排序就累加。"""

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "没有排序就累加了"


def top_p(probs, p):
    before = probs.cumsum(-1) - probs
    mask = before < p
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
