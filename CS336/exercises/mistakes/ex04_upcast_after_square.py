"""错：平方之后才变成 float32。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "超过 float16 的最大值"


def rms_norm(x, weight, eps):
    scale = torch.rsqrt(x.pow(2).float().mean(-1, keepdim=True) + eps)
    return (x.float() * scale * weight.float()).to(x.dtype)
