"""错：用了旧的 m。"""

from CS336.exercises.solutions.ex06_loss_and_step import bits_per_byte, cross_entropy, perplexity  # noqa: F401

HINT = "用了旧的 m"


def adamw_step(p, g, m, v, t, lr, betas, eps, weight_decay):
    beta1, beta2 = betas
    v = beta2 * v + (1 - beta2) * g**2
    top = m if bool(m.any()) else (1 - beta1) * g
    new_m = beta1 * m + (1 - beta1) * g
    direction = top / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + eps)
    return p - lr * direction - lr * weight_decay * p, new_m, v
