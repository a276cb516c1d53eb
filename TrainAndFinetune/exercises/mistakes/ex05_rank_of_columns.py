"""错：合并时把 in 当成了 r。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import absorb_scale, scale_of  # noqa: F401

HINT = "合并时除以的是 in"


def merge(W, A, B, alpha, rslora=False):
    return (W.float() + scale_of(A.shape[1], alpha, rslora) * B @ A).to(W.dtype)
