"""错：温度 0 也动了 generator。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "温度 0 不抽"


def sample(logits, temperature, p, generator):
    drawn = torch.rand(1, generator=generator)
    if temperature == 0:
        return logits.argmax(-1)
    generator = torch.Generator().manual_seed(int(drawn * 2**24))
    return torch.multinomial(top_p((logits / temperature).softmax(-1), p), 1, generator=generator)[:, 0]
