"""错：过滤了 logits，没有先 softmax。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "logits 不是概率"


def sample(logits, temperature, p, generator):
    if temperature == 0:
        return logits.argmax(-1)
    probs = top_p(logits / temperature, p)
    return torch.multinomial(probs, 1, generator=generator)[:, 0]
