"""错：合并时乘 α，没有除以 r。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import absorb_scale, scale_of  # noqa: F401

HINT = "合并时乘的是 α"


def merge(W, A, B, alpha, rslora=False):
    return (W.float() + alpha * B @ A).to(W.dtype)
