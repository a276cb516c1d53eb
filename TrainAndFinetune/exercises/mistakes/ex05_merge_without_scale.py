"""错：合并时忘了 α/r。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import absorb_scale, scale_of  # noqa: F401

HINT = "合并时忘了 α/r"


def merge(W, A, B, alpha, rslora=False):
    return (W.float() + B @ A).to(W.dtype)
