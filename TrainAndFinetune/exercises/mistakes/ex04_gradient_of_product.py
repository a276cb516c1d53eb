"""错：把 ΔW 的梯度分给了 A 与 B，忘了乘另一个矩阵时 B 要取现在的值。"""

import torch

from TrainAndFinetune.exercises.solutions.ex04_lora import init_lora, lora_forward  # noqa: F401

HINT = "某一步的链式法则不对"


def lora_gradients(x, dy, A, B, alpha):
    scale = alpha / A.shape[0]
    return scale * (dy @ torch.ones_like(B)).T @ x, scale * dy.T @ (x @ A.T)
