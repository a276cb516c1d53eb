"""错：概率除以温度。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "温度没有作用"


def sample(logits, temperature, p, generator):
    if temperature == 0:
        return logits.argmax(-1)
    probs = top_p(logits.softmax(-1), p) / temperature
    return torch.multinomial(probs, 1, generator=generator)[:, 0]
