"""错：没有门。"""

import torch

from CS336.exercises.solutions.ex04_norm import rms_norm, swiglu_width  # noqa: F401

HINT = "少了门"


def swiglu(x, w1, w2, w3):
    hidden = x @ w1.T
    return (hidden * torch.sigmoid(hidden)) @ w2.T
