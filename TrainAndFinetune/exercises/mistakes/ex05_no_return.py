"""错：算了，没有 return。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import absorb_scale, scale_of  # noqa: F401

HINT = "少了 return"


def merge(W, A, B, alpha, rslora=False):
    merged = W.float() + scale_of(A.shape[0], alpha, rslora) * (B @ A)
    merged = merged.to(W.dtype)
