"""错：又除以了一次 N。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_forward  # noqa: F401

HINT = "除以了 N"


def lora_gradients(x, dy, A, B, alpha):
    scale = alpha / A.shape[0] / x.shape[0]
    return scale * (dy @ B).T @ x, scale * dy.T @ (x @ A.T)
