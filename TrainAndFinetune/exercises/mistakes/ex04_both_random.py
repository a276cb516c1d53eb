"""错：两个都随机，装上就改坏了模型。"""

import torch

from TrainAndFinetune.exercises.solutions.ex04_lora import lora_forward, lora_gradients  # noqa: F401

HINT = "两个都随机"


def init_lora(in_features, out_features, rank, generator):
    A = (torch.rand(rank, in_features, generator=generator) * 2 - 1) * in_features**-0.5
    return A, (torch.rand(out_features, rank, generator=generator) * 2 - 1) * rank**-0.5
