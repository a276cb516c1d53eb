"""错：乘上了均方根。"""

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "乘上去了"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = (wide.pow(2).mean(-1, keepdim=True) + eps).sqrt()
    return (wide * scale * weight.float()).to(x.dtype)
