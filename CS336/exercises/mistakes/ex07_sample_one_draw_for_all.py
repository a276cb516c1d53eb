"""错：所有行用第 0 行的概率抽。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "各行用自己的概率"


def sample(logits, temperature, p, generator):
    if temperature == 0:
        return logits.argmax(-1)
    probs = top_p((logits / temperature).softmax(-1), p)
    return torch.multinomial(probs[0], len(probs), replacement=True, generator=generator)
