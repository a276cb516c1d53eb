"""错：SiLU 套在了另一支上。"""

import torch

from CS336.exercises.solutions.ex04_norm import rms_norm, swiglu_width  # noqa: F401

HINT = "门放反了"


def swiglu(x, w1, w2, w3):
    hidden = x @ w3.T
    return ((x @ w1.T) * hidden * torch.sigmoid(hidden)) @ w2.T
