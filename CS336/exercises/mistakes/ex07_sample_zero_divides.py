"""错：温度 0 也除。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "温度 0 不能除"


def sample(logits, temperature, p, generator):
    probs = top_p((logits / temperature).softmax(-1), p)
    return torch.multinomial(probs, 1, generator=generator)[:, 0]
