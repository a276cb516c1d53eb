"""错：只返回了 ∂L/∂A。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_forward  # noqa: F401

HINT = "lora_gradients 要返回两个张量"


def lora_gradients(x, dy, A, B, alpha):
    return alpha / A.shape[0] * (dy @ B).T @ x
