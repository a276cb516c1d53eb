"""错：把 num_heads 当成了 D。"""

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, span_mass  # noqa: F401

HINT = "不是 num_heads 维"


def zero_head(x, num_heads, head):
    out = x.clone()
    out[..., head * num_heads : (head + 1) * num_heads] = 0
    return out
