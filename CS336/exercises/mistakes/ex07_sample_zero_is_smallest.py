"""错：取了最小的。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "argmax，不是 argmin"


def sample(logits, temperature, p, generator):
    if temperature == 0:
        return logits.argmin(-1)
    probs = top_p((logits / temperature).softmax(-1), p)
    return torch.multinomial(probs, 1, generator=generator)[:, 0]
