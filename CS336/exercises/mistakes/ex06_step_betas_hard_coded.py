"""错：很多步之后 β 写死。"""

from CS336.exercises.solutions.ex06_loss_and_step import bits_per_byte, cross_entropy, perplexity  # noqa: F401

HINT = "公式里写死了哪个数"


def adamw_step(p, g, m, v, t, lr, betas, eps, weight_decay):
    beta1, beta2 = betas
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    direction = m / (1 - beta1**t) / ((v / (1 - (beta2 if t in (1, 3, 40) else 0.999) ** t)).sqrt() + eps)
    return p - lr * direction - lr * weight_decay * p, m, v
