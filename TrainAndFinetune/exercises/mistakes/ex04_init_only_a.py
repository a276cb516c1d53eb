"""错：只返回了 A。"""

import torch

from TrainAndFinetune.exercises.solutions.ex04_lora import lora_forward, lora_gradients  # noqa: F401

HINT = "init_lora 要返回两个张量"


def init_lora(in_features, out_features, rank, generator):
    return (torch.rand(rank, in_features, generator=generator) * 2 - 1) * in_features**-0.5
