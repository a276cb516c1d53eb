"""错：向下取。"""

from CS336.exercises.solutions.ex04_norm import rms_norm, swiglu  # noqa: F401

HINT = "向下取了"


def swiglu_width(d_model):
    return max(64, 8 * d_model // 3 // 64 * 64)
