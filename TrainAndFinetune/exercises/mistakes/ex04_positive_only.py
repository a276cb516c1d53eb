"""错：rand 没有移到零的两边。"""

import torch

from TrainAndFinetune.exercises.solutions.ex04_lora import lora_forward, lora_gradients  # noqa: F401

HINT = "要先乘 2 减 1"


def init_lora(in_features, out_features, rank, generator):
    return torch.rand(rank, in_features, generator=generator) * in_features**-0.5, torch.zeros(out_features, rank)
