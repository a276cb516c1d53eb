"""错：两个梯度加在了一起，形状对不上。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_forward  # noqa: F401

HINT = "逐元素相乘的两个形状对不上"


def lora_gradients(x, dy, A, B, alpha):
    scale = alpha / A.shape[0]
    dA = scale * (dy @ B).T @ x
    return dA, dA + scale * dy.T @ (x @ A.T)
