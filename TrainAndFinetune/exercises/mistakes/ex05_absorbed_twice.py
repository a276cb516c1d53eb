"""错：A 与 B 各乘了一次 s。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import merge, scale_of  # noqa: F401

HINT = "ΔW 就乘了 s²"


def absorb_scale(A, B, alpha, rslora=False):
    scale = scale_of(A.shape[0], alpha, rslora)
    return scale * A, scale * B, float(A.shape[0])
