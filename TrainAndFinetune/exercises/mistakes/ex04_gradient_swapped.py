"""错：两个梯度的次序反了。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_forward  # noqa: F401

HINT = "次序反了"


def lora_gradients(x, dy, A, B, alpha):
    scale = alpha / A.shape[0]
    return scale * dy.T @ (x @ A.T), scale * (dy @ B).T @ x
