"""错：平方和，没有取均值。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "除的是平方和的根"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = torch.rsqrt(wide.pow(2).sum(-1, keepdim=True) + eps)
    return (wide * scale * weight.float()).to(x.dtype)
