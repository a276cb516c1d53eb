"""错：返回的是 ΔW，没有加 W。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import absorb_scale, scale_of  # noqa: F401

HINT = "只有 ΔW"


def merge(W, A, B, alpha, rslora=False):
    return (scale_of(A.shape[0], alpha, rslora) * B @ A).to(W.dtype)
