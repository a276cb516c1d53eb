"""错：返回前变成了数。"""

import torch

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, bits_per_byte, perplexity  # noqa: F401

HINT = "计算图断了"


def cross_entropy(logits, targets):
    shifted = logits - logits.amax(-1, keepdim=True)
    return torch.tensor((shifted.exp().sum(-1).log() - shifted.gather(-1, targets[..., None])[..., 0]).mean().item())
