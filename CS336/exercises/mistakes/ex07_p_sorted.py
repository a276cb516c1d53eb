"""错：返回排好序的。"""

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "返回的是排好序的"


def top_p(probs, p):
    ordered, order = probs.sort(dim=-1, descending=True, stable=True)
    kept = ordered.masked_fill(ordered.cumsum(-1) - ordered >= p, 0.0)
    return kept / kept.sum(-1, keepdim=True)
