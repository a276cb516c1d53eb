"""错：照 (cos, sin) 的次序写旋转矩阵，方向反了。"""

import math

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, sinusoidal  # noqa: F401

HINT = "这一对的次序是 (sin, cos)"


def shift_block(k, omega):
    c, s = math.cos(k * omega), math.sin(k * omega)
    return torch.tensor([[c, -s], [s, c]])
