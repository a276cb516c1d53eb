"""错：均值取了全部的数。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "均值取了全部的数"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = torch.rsqrt(wide.pow(2).mean() + eps)
    return (wide * scale * weight.float()).to(x.dtype)
