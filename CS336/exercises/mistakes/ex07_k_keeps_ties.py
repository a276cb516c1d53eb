"""错：与第 k 名一样大的全留。"""

from CS336.exercises.solutions.ex07_sampling import min_p, sample, top_p  # noqa: F401

HINT = "恰好 k 个，一样大的先留编号小的"


def top_k(probs, k):
    border = probs.topk(min(k, probs.shape[-1])).values[..., -1:]
    mask = probs >= border
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
