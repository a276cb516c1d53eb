"""错：weight 先变成了 x 的类型。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "中间有一步在 bfloat16 里算"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)
    return (wide * scale * weight.to(x.dtype).float()).to(x.dtype)
