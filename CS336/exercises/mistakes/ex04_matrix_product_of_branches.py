"""错：两支做了矩阵乘法。"""

from torch.nn import functional as F

from CS336.exercises.solutions.ex04_norm import rms_norm, swiglu_width  # noqa: F401

HINT = "@ 才是矩阵乘法"


def swiglu(x, w1, w2, w3):
    hidden = x @ w1.T
    return (F.silu(hidden) @ (x @ w3.T).mT) @ w2.T if x.dim() > 1 else (F.silu(hidden) * (x @ w3.T)) @ w2.T
