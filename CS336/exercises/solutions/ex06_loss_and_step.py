"""ex06 的答案。"""

import math

from torch import Tensor


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    # -ln(exp(oₜ) / Σ exp(oⱼ)) = ln Σ exp(oⱼ) - oₜ；每行减去自己最大的，最大的一项是 exp(0) = 1
    shifted = logits - logits.amax(-1, keepdim=True)  # (..., V)
    chosen = shifted.gather(-1, targets[..., None])[..., 0]  # (..., V) -> (..., 1) -> (...)
    return (shifted.exp().sum(-1).log() - chosen).mean()


def perplexity(loss: float) -> float:
    return math.exp(loss)


def bits_per_byte(loss: float, num_tokens: int, num_bytes: int) -> float:
    return loss / math.log(2) * num_tokens / num_bytes


def adamw_step(
    p: Tensor,
    g: Tensor,
    m: Tensor,
    v: Tensor,
    t: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
) -> tuple[Tensor, Tensor, Tensor]:
    beta1, beta2 = betas
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + eps)
    return p - lr * direction - lr * weight_decay * p, m, v  # 衰减不经过 m、v：经过了就会被 √v̂ 除
