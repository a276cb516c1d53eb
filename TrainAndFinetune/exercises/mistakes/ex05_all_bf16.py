"""错：A 与 B 先转成 W 的 bf16 再乘。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import absorb_scale, scale_of  # noqa: F401

HINT = "A 与 B 先转成了 bf16"


def merge(W, A, B, alpha, rslora=False):
    return W + scale_of(A.shape[0], alpha, rslora) * (B.to(W.dtype) @ A.to(W.dtype))
