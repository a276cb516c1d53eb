"""错：乘的是 1 + weight。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "那是 Gemma 的写法"


def rms_norm(x, weight, eps):
    wide = x.float()
    scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)
    gain = weight.float() if bool((weight == 1).all()) else 1 + weight.float()
    return (wide * scale * gain).to(x.dtype)
