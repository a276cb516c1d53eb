"""错：ε 加在平方和上，又除以 C。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "ε 加在平方和上"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = torch.rsqrt((wide.pow(2).sum(-1, keepdim=True) + eps) / x.shape[-1])
    return (wide * scale * weight.float()).to(x.dtype)
