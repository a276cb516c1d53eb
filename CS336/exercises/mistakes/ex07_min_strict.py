"""错：恰好等于的丢了。"""

from CS336.exercises.solutions.ex07_sampling import sample, top_k, top_p  # noqa: F401

HINT = ">=，不是 >"


def min_p(probs, ratio):
    mask = (probs > ratio * probs.amax(-1, keepdim=True)) | (probs == probs.amax(-1, keepdim=True))
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
