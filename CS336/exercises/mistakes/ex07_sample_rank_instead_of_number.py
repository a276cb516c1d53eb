"""错：返回的是名次。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "返回的是排好序的名次"


def sample(logits, temperature, p, generator):
    if temperature == 0:
        return logits.argmax(-1)
    probs = top_p((logits / temperature).softmax(-1), p).sort(dim=-1, descending=True).values
    return torch.multinomial(probs, 1, generator=generator)[:, 0]
