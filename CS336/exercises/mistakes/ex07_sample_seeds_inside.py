"""错：在里面设了种子。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "在里面又设了种子"


def sample(logits, temperature, p, generator):
    torch.manual_seed(0)
    if temperature == 0:
        return logits.argmax(-1)
    return torch.multinomial(top_p((logits / temperature).softmax(-1), p), 1)[:, 0]
