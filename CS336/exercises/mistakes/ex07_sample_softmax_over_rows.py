"""错：softmax 沿第 0 维。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "softmax 沿了第 0 维"


def sample(logits, temperature, p, generator):
    if temperature == 0:
        return logits.argmax(-1)
    weights = (logits / temperature).softmax(0)
    return torch.multinomial(top_p(weights / weights.sum(-1, keepdim=True), p), 1, generator=generator)[:, 0]
