"""错：没有看 rslora。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import absorb_scale, merge  # noqa: F401

HINT = "没有看 rslora"


def scale_of(rank, alpha, rslora=False):
    return alpha / rank
