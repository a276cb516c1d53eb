"""错：梯度里漏了 α/r。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_forward  # noqa: F401

HINT = "漏了 α/r"


def lora_gradients(x, dy, A, B, alpha):
    return (dy @ B).T @ x, dy.T @ (x @ A.T)
