"""错：留了小的。"""

from CS336.exercises.solutions.ex07_sampling import sample, top_k, top_p  # noqa: F401

HINT = "留反了"


def min_p(probs, ratio):
    mask = probs < ratio * probs.amax(-1, keepdim=True)
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
