"""错：返回嵌套的列表。"""

import math

from Transformer.exercises.solutions.ex03_positions import rotate, sinusoidal  # noqa: F401

HINT = "返回的是 list"


def shift_block(k, omega):
    c, s = math.cos(k * omega), math.sin(k * omega)
    return [[c, s], [-s, c]]
