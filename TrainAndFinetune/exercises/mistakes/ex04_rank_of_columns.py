"""错：前向里把 in 当成了 r。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_gradients  # noqa: F401

HINT = "除以的是 in"


def lora_forward(x, W, A, B, alpha):
    return x @ W.T + alpha / A.shape[1] * (x @ A.T) @ B.T
