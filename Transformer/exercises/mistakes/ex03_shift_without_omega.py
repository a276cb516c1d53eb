"""错：角里没有乘频率。"""

import math

import torch

from Transformer.exercises.solutions.ex03_positions import rotate, sinusoidal  # noqa: F401

HINT = "没有用到 omega"


def shift_block(k, omega):
    c, s = math.cos(k), math.sin(k)
    return torch.tensor([[c, s], [-s, c]])
