"""错：k 取了绝对值，往回移也往前走。"""

import math

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, sinusoidal  # noqa: F401

HINT = "不取绝对值"


def shift_block(k, omega):
    c, s = math.cos(abs(k) * omega), math.sin(abs(k) * omega)
    return torch.tensor([[c, s], [-s, c]])
