"""错：像 dropout 那样放大了剩下的头。"""

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, span_mass  # noqa: F401

HINT = "不是 dropout"


def zero_head(x, num_heads, head):
    out = x.clone()
    D = x.shape[-1] // num_heads
    out[..., head * D : (head + 1) * D] = 0
    out = out * num_heads / (num_heads - 1)
    return out
