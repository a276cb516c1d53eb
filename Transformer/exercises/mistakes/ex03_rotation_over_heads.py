"""错：把第 1 维当成位置，那里是头。"""

from Transformer.exercises.solutions import ex03_positions as solution
from Transformer.exercises.solutions.ex03_positions import shift_block, sinusoidal  # noqa: F401

HINT = "位置是倒数第 2 维"


def rotate(x, start=0):
    if x.dim() < 4:
        return solution.rotate(x, start)
    return solution.rotate(x.transpose(1, 2), start).transpose(1, 2)
