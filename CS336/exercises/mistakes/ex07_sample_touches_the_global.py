"""错：重设了全局的种子。"""

import torch

from CS336.exercises.solutions.ex07_sampling import min_p, top_k, top_p  # noqa: F401

HINT = "动了全局的随机数"


def sample(logits, temperature, p, generator):
    torch.manual_seed(0)
    if temperature == 0:
        return logits.argmax(-1)
    return torch.multinomial(top_p((logits / temperature).softmax(-1), p), 1, generator=generator)[:, 0]
