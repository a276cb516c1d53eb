"""错：掩码没有放回原位。"""

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_k  # noqa: F401

HINT = "放回每个词原来的位置"


def top_p(probs, p):
    ordered, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    mask = before < p
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
