"""错：先平均再平方。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "平方忘了"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = torch.rsqrt(wide.mean(-1, keepdim=True).pow(2) + eps)
    return (wide * scale * weight.float()).to(x.dtype)
