"""错：没有取成 64 的倍数。"""

from CS336.exercises.solutions.ex04_norm import rms_norm, swiglu  # noqa: F401

HINT = "没有取成 64 的倍数"


def swiglu_width(d_model):
    return max(64, int(8 * d_model / 3))
