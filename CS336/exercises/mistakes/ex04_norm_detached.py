"""错：均方根 detach 了。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "均方根也由 x 算出"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = torch.rsqrt(wide.detach().pow(2).mean(-1, keepdim=True) + eps)
    return (wide * scale * weight.float()).to(x.dtype)
