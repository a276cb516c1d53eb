"""错：前向没有乘 α/r。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_gradients  # noqa: F401

HINT = "没有乘 α/r"


def lora_forward(x, W, A, B, alpha):
    return x @ W.T + x @ A.T @ B.T
