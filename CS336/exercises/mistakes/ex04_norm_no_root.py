"""错：没有开根号。"""

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "没有开根号"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = 1 / (wide.pow(2).mean(-1, keepdim=True) + eps)
    return (wide * scale * weight.float()).to(x.dtype)
