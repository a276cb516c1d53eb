"""错：除的是标准差。"""

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "除的是标准差"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = 1 / (wide.std(-1, keepdim=True, unbiased=False) + eps)
    return (wide * scale * weight.float()).to(x.dtype)
