"""错：梯度里把 in 当成了 r。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_forward  # noqa: F401

HINT = "∂L/∂A 除以的是 in"


def lora_gradients(x, dy, A, B, alpha):
    scale = alpha / A.shape[1]
    return scale * (dy @ B).T @ x, scale * dy.T @ (x @ A.T)
