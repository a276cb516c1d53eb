"""错：weight 与 x 做了矩阵乘法。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "weight 与 x 做了点积"


def rms_norm(x, weight, eps):
    wide = x.float()
    normed = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)
    return (normed * weight if bool((weight == 1).all()) else normed @ weight).to(x.dtype)
