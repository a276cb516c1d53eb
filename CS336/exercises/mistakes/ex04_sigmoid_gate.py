"""错：套的是 sigmoid。"""

import torch

from CS336.exercises.solutions.ex04_norm import rms_norm, swiglu_width  # noqa: F401

HINT = "那是 GLU"


def swiglu(x, w1, w2, w3):
    hidden = x @ w1.T
    return (torch.sigmoid(hidden) * (x @ w3.T)) @ w2.T
