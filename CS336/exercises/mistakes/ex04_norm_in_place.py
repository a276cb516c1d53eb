"""错：就地改了 x。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "改动了传进来的 x"


def rms_norm(x, weight, eps):
    wide = x.float()
    wide *= torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)
    return (wide * weight.float()).to(x.dtype)
