"""错：除以了 1/√。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "乘上去了"


def rms_norm(x, weight, eps):
    wide = x.float()
    return (wide / torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps) * weight.float()).to(x.dtype)
