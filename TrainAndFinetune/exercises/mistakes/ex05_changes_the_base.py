"""错：就地加在 W 上，基座没有了。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import absorb_scale, scale_of  # noqa: F401

HINT = "改动了传进来的张量"


def merge(W, A, B, alpha, rslora=False):
    W += (scale_of(A.shape[0], alpha, rslora) * B @ A).to(W.dtype)
    return W
