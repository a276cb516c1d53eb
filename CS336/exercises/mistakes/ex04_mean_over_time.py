"""错：均值沿第 1 维。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "均值沿了第 1 维"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = torch.rsqrt(wide.pow(2).mean(1 if x.dim() > 2 else -1, keepdim=True) + eps)
    return (wide * scale * weight.float()).to(x.dtype)
