"""错：就地写进了 x。"""

from Transformer.exercises.solutions import ex03_positions as solution
from Transformer.exercises.solutions.ex03_positions import shift_block, sinusoidal  # noqa: F401

HINT = "改了传进来的 x"


def rotate(x, start=0):
    x.copy_(solution.rotate(x.clone(), start))
    return x
