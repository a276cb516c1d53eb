"""错：B 乘了 s，α 还是原来的，合并时又乘一次。"""

from TrainAndFinetune.exercises.solutions.ex05_merge import merge, scale_of  # noqa: F401

HINT = "新的 α 应当是 r"


def absorb_scale(A, B, alpha, rslora=False):
    return A, scale_of(A.shape[0], alpha, rslora) * B, alpha
