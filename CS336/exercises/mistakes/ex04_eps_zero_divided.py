"""错：有 ε 才加，全 0 的行用 ε = 0 那条路。"""

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "全 0 的一行得到 nan"


def rms_norm(x, weight, eps):
    wide = x.float()
    mean = wide.pow(2).mean(-1, keepdim=True)
    scale = (mean + eps).sqrt() if eps >= 1e-3 else mean.sqrt()
    return (wide / scale * weight.float()).to(x.dtype)
