"""错：先乘 weight 再归一化。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "先乘 weight 再归一化"


def rms_norm(x, weight, eps):
    wide = x.float() * weight.float()
    return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)).to(x.dtype)
