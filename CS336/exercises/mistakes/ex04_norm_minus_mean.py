"""错：减了均值，成了 LayerNorm。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "减了均值"


def rms_norm(x, weight, eps):
    wide = x.float()
    wide = wide - wide.mean(-1, keepdim=True)
    scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)
    return (wide * scale * weight.float()).to(x.dtype)
