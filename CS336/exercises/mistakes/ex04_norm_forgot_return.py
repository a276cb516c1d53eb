"""错：忘了 return。"""

import torch

from CS336.exercises.solutions.ex04_norm import swiglu, swiglu_width  # noqa: F401

HINT = "忘了 return"


def rms_norm(x, weight, eps):
    x = x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + eps) * weight
