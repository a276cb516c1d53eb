"""错：B 除以了 s。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import merge, scale_of  # noqa: F401

HINT = "ΔW 才不变"


def absorb_scale(A, B, alpha, rslora=False):
    rank = A.shape[0]
    return A, B / scale_of(rank, alpha, rslora), float(rank)
