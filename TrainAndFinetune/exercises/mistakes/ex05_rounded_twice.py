"""错：ΔW 先转成 bf16 再加。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import absorb_scale, scale_of  # noqa: F401

HINT = "舍入了两次"


def merge(W, A, B, alpha, rslora=False):
    return W + (scale_of(A.shape[0], alpha, rslora) * (B @ A)).to(W.dtype)
