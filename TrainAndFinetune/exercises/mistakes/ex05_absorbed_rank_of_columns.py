"""错：吸收系数时把 in 当成了 r。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import merge, scale_of  # noqa: F401

HINT = "那是 in"


def absorb_scale(A, B, alpha, rslora=False):
    rank = A.shape[1]
    return A, scale_of(rank, alpha, rslora) * B, float(rank)
