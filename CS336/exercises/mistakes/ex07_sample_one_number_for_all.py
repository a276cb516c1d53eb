"""错：所有行用同一个随机数。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "所有行用了同一个随机数"


def sample(logits, temperature, p, generator):
    if temperature == 0:
        return logits.argmax(-1)
    probs = top_p((logits / temperature).softmax(-1), p)
    return (probs.cumsum(-1) < torch.rand(1, generator=generator)).sum(-1).clamp(max=logits.shape[1] - 1)
