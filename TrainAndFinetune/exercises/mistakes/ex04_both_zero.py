"""错：两个都是零，永远学不动。"""

import torch

from TrainAndFinetune.exercises.solutions.ex04_lora import lora_forward, lora_gradients  # noqa: F401

HINT = "A 与 B 都是零"


def init_lora(in_features, out_features, rank, generator):
    return torch.zeros(rank, in_features), torch.zeros(out_features, rank)
