"""错：自己写的 softmax 溢出。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "概率里有负数、inf 或 nan"


def sample(logits, temperature, p, generator):
    if temperature == 0:
        return logits.argmax(-1)
    powers = (logits / temperature).exp()
    return torch.multinomial(top_p(powers / powers.sum(-1, keepdim=True), p), 1, generator=generator)[:, 0]
