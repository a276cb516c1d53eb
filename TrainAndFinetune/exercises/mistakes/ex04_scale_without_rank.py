"""错：乘 α，没有除以 r。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_gradients  # noqa: F401

HINT = "没有除以 r"


def lora_forward(x, W, A, B, alpha):
    return x @ W.T + alpha * x @ A.T @ B.T
