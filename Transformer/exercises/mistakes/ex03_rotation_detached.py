"""错：中间断开了计算图。"""

from Transformer.exercises.solutions import ex03_positions as solution
from Transformer.exercises.solutions.ex03_positions import shift_block, sinusoidal  # noqa: F401

HINT = "输出没有 grad_fn"


def rotate(x, start=0):
    return solution.rotate(x.detach(), start)
