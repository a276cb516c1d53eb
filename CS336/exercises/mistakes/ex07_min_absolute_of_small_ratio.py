"""错：ratio 小时当成绝对的界线。"""

from CS336.exercises.solutions.ex07_sampling import sample, top_k, top_p  # noqa: F401

HINT = "不是 ratio 自己"


def min_p(probs, ratio):
    mask = probs >= (ratio * probs.amax(-1, keepdim=True) if ratio > 0.5 else probs.new_tensor(2 * ratio))
    kept = probs.masked_fill(~mask, 0.0)
    return kept / kept.sum(-1, keepdim=True)
