"""错：在输入的类型里平方，float16 溢出。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "超过 float16 的最大值"


def rms_norm(x, weight, eps):
    return (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight).to(x.dtype)
