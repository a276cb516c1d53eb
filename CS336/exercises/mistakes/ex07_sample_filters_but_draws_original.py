"""错：过滤之后抽的是原来的。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "采样却用了原来的"


def sample(logits, temperature, p, generator):
    if temperature == 0:
        return logits.argmax(-1)
    warm = (logits / temperature).softmax(-1)
    probs = logits.softmax(-1) * (top_p(warm, p) > 0) if p < 1 else warm
    return torch.multinomial(probs, 1, generator=generator)[:, 0]
