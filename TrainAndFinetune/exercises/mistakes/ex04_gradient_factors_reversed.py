"""错：因子的次序反了，乘不起来。"""

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_forward  # noqa: F401

HINT = "相邻的两维要相等"


def lora_gradients(x, dy, A, B, alpha):
    scale = alpha / A.shape[0]
    return scale * (B @ dy).T @ x, scale * dy.T @ (x @ A.T)
