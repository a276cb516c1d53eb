"""错：变成 float32 之后才记下类型。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "变回 x 的类型"


def rms_norm(x, weight, eps):
    x = x.float()
    dtype = x.dtype
    return (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight).to(dtype)
