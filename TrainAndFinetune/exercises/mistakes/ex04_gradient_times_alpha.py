"""错：梯度里乘 α，没有除以 r。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_forward  # noqa: F401

HINT = "乘的是 α，没有除以 r"


def lora_gradients(x, dy, A, B, alpha):
    return alpha * (dy @ B).T @ x, alpha * dy.T @ (x @ A.T)
