"""错：系数没有除以 r。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import absorb_scale, merge  # noqa: F401

HINT = "忘了除以 r"


def scale_of(rank, alpha, rslora=False):
    return alpha
