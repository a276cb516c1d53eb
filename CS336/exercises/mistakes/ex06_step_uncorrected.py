"""错：没有修正偏差。"""

from CS336.exercises.solutions.ex06_loss_and_step import bits_per_byte, cross_entropy, perplexity  # noqa: F401

HINT = "没有修正偏差"


def adamw_step(p, g, m, v, t, lr, betas, eps, weight_decay):
    beta1, beta2 = betas
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    direction = m / (v.sqrt() + eps)
    return p - lr * direction - lr * weight_decay * p, m, v
