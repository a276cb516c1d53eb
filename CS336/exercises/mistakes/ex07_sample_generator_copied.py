"""错：复制了 generator。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "别复制它"


def sample(logits, temperature, p, generator):
    if temperature == 0:
        return logits.argmax(-1)
    probs = top_p((logits / temperature).softmax(-1), p)
    return torch.multinomial(probs, 1, generator=torch.Generator().manual_seed(generator.initial_seed()))[:, 0]
