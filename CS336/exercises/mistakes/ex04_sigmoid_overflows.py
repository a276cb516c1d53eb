"""错：自己写的 σ 溢出。"""

from CS336.exercises.solutions.ex04_norm import rms_norm, swiglu_width  # noqa: F401

HINT = "inf / inf 是 nan"


def swiglu(x, w1, w2, w3):
    hidden = x @ w1.T
    return (hidden * hidden.exp() / (1 + hidden.exp()) * (x @ w3.T)) @ w2.T
