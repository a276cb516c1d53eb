"""错：三个权重都没有转置。"""

from torch.nn import functional as F

from CS336.exercises.solutions.ex04_norm import rms_norm, swiglu_width  # noqa: F401

HINT = "没有转置"


def swiglu(x, w1, w2, w3):
    hidden = x @ w1
    return (F.silu(hidden) * (x @ w3)) @ w2
