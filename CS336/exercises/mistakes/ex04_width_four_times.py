"""错：宽度是 4C。"""

from CS336.exercises.solutions.ex04_norm import rms_norm, swiglu  # noqa: F401

HINT = "那是普通前馈的 4C"


def swiglu_width(d_model):
    return max(64, round(4 * d_model / 64) * 64)
