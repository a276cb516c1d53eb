"""错：头从 1 数。"""

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, rollout, span_mass  # noqa: F401

HINT = "头从 0 数"


def zero_head(x, num_heads, head):
    out = x.clone()
    D = x.shape[-1] // num_heads
    out[..., (head - 1) * D : head * D] = 0
    return out
