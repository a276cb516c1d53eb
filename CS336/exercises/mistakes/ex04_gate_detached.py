"""错：门 detach 了。"""

from torch.nn import functional as F

from CS336.exercises.solutions.ex04_norm import rms_norm, swiglu_width  # noqa: F401

HINT = "有一支断了"


def swiglu(x, w1, w2, w3):
    hidden = x @ w1.T
    return (F.silu(hidden) * (x @ w3.T).detach()) @ w2.T
