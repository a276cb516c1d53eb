"""错：少了 keepdim：方阵时不报错，结果却错。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "少了 keepdim=True"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = torch.rsqrt(wide.pow(2).mean(-1) + eps)
    return (wide * scale * weight.float()).to(x.dtype)
